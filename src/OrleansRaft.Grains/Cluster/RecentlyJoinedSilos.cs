namespace OrleansRaft.Grains.Cluster;

/// <summary>
/// The silos that joined others only just now. They still compile what leaders do, and bring their replicas to life: who leads there now answers
/// late. Silos that started together with the oldest are none of them, since nobody would lead better meanwhile.
/// </summary>
internal sealed class RecentlyJoinedSilos(TimeProvider time)
{
    private static readonly TimeSpan SettlingTime = TimeSpan.FromSeconds(5);

    private Dictionary<SiloAddress, long> seenSince = [];
    private HashSet<SiloAddress> newcomers = [];

    /// <summary>Whether there are any.</summary>
    public bool Any => newcomers.Count > 0;

    /// <summary>Whether a silo is one of them.</summary>
    public bool Contains(SiloAddress silo) => newcomers.Contains(silo);

    /// <summary>Takes note of who is there now.</summary>
    public void Look(IEnumerable<SiloAddress> silos)
    {
        var now = time.GetTimestamp();
        seenSince = silos.ToDictionary(silo => silo, silo => seenSince.GetValueOrDefault(silo, now));

        // A silo's generation is when it started, in seconds.
        var togetherUntil = seenSince.Keys.Min(silo => silo.Generation) + SettlingTime.TotalSeconds;
        newcomers =
        [
            .. seenSince.Where(
                seen => seen.Key.Generation > togetherUntil && time.GetElapsedTime(seen.Value, now) < SettlingTime).Select(seen => seen.Key),
        ];
    }
}
