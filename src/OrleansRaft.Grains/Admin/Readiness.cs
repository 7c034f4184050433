namespace OrleansRaft.Grains;

/// <summary>Decides whether this silo is ready. Any thread.</summary>
/// <remarks>
/// A silo that has just started is ready when every group has a leader, when no group has two replicas on one silo that could be apart, nor lacks one that this silo
/// could take, and when its own replicas have caught up: before that, the death of one silo may cost a majority, so whoever restarts silos one after the other must
/// wait for it. A silo that was ready stays so while replicas move. One that lacks replicas for long does not wait: their PostgreSQL server may be away.
/// </remarks>
internal sealed class Readiness(GroupTable groups, Silos silos, Locator locator, ILocalSiloDetails self, TimeProvider time)
{
    private const int NamedMax = 100;
    private const int AgePerDuration = 4;
    private static readonly TimeSpan AgeMax = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ArrivalPatience = TimeSpan.FromSeconds(15);

    private readonly Lock gate = new();
    private Task<RaftReadiness>? checking;
    private long checkedAt;
    private TimeSpan age;
    private long? servingSince;
    private volatile bool hasBeenReady;

    /// <summary>Whether this silo is ready; not older than a second, and than a few times as long as it takes to find out.</summary>
    public Task<RaftReadiness> CheckAsync(CancellationToken cancellation)
    {
        if (silos.IsDraining)
        {
            return Task.FromResult(new RaftReadiness(false, [], "This silo is about to stop; send new requests to another one."));
        }

        lock (gate)
        {
            if (checking is null || (checking.IsCompleted && (!checking.IsCompletedSuccessfully || time.GetElapsedTime(checkedAt) > age)))
            {
                checking = CheckAsync();
            }

            return checking.WaitAsync(cancellation);
        }
    }

    private async Task<RaftReadiness> CheckAsync()
    {
        if (!groups.IsLoaded || !silos.IsActive(self.SiloAddress))
        {
            return new RaftReadiness(false, [], "This silo has not joined the cluster yet.");
        }

        var since = time.GetTimestamp();
        var stock = new StockTaking(silos.Active, await locator.TakeInventoryAsync());
        var answer = Judge(stock);
        lock (gate)
        {
            checkedAt = time.GetTimestamp();
            var duration = time.GetElapsedTime(since) * AgePerDuration;
            age = duration < AgeMax ? duration : AgeMax;
        }

        return answer;
    }

    private RaftReadiness Judge(StockTaking stock)
    {
        var led = stock.LedGroups();
        var leaderless = groups.Groups.Where(group => !led.Contains(group.Name)).Select(static group => group.Name).ToList();
        if (leaderless.Count > 0)
        {
            return new RaftReadiness(
                false,
                [.. leaderless.Take(NamedMax)],
                $"{leaderless.Count} of {groups.Groups.Count} groups have no leader that can be reached, {leaderless[0]} for one.");
        }

        var crowded = hasBeenReady ? [] : groups.Groups.Where(stock.IsCrowded).Select(static group => group.Name).ToList();
        if (crowded.Count > 0)
        {
            return new RaftReadiness(false, [], $"{crowded.Count} of {groups.Groups.Count} groups still have two replicas on one silo, {crowded[0]} for one; they are being moved apart.");
        }

        if (!hasBeenReady && FindArrivals(stock) is { } arriving)
        {
            return new RaftReadiness(false, [], arriving);
        }

        hasBeenReady = true;
        return new RaftReadiness(true, [], $"All {groups.Groups.Count} groups have a leader that can be reached.");
    }

    /// <summary>What this silo still waits for, in a sentence; for a while only.</summary>
    private string? FindArrivals(StockTaking stock)
    {
        servingSince ??= time.GetTimestamp();
        if (time.GetElapsedTime(servingSince.Value) > ArrivalPatience)
        {
            return null;
        }

        if (groups.AllGroups.FirstOrDefault(stock.IsShort) is { } group)
        {
            return $"Replicas come to life, of {group.Name} for one.";
        }

        return groups.Hosted.FirstOrDefault(static replica => replica.Configuration.IsVoter(replica.Key.Replica) && !replica.HasCaughtUp) is { } behind
            ? $"Replicas catch up with their groups, {behind.Key} for one."
            : null;
    }
}
