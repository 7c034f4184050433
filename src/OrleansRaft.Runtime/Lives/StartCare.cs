namespace OrleansRaft.Runtime.Lives;

/// <summary>How the replicas of a silo begin in this life of it: as usual, or carefully. Shared by all of them; any thread.</summary>
internal sealed class StartCare
{
    private readonly bool isCareful;
    private readonly TimeProvider time;
    private readonly long began;
    private readonly Action<int> changed;
    private readonly Lock gate = new();
    private int careful;

    /// <summary>Begins a life.</summary>
    /// <param name="life">Tells this life of the process from any other.</param>
    /// <param name="isCareful">Whether it begins carefully, see <see cref="SiloLives.Begin"/>.</param>
    /// <param name="time">The clock.</param>
    /// <param name="changed">Told how many replicas are still being careful, whenever that changes; on any thread, one call at a time.</param>
    public StartCare(long life, bool isCareful, TimeProvider time, Action<int>? changed = null)
    {
        ArgumentNullException.ThrowIfNull(time);
        Life = life;
        this.isCareful = isCareful;
        this.time = time;
        this.changed = changed ?? (static _ => { });
        began = time.GetTimestamp();
    }

    /// <summary>Of a silo whose store remembers nothing.</summary>
    public static StartCare None { get; } = new(0, false, TimeProvider.System);

    /// <summary>Tells this life of the process from any other.</summary>
    public long Life { get; }

    /// <summary>
    /// Whether replicas that are opened now apply what their logs hold carefully. Those that come to the silo later were well elsewhere in the
    /// meantime.
    /// </summary>
    public bool IsCareful => isCareful && time.GetElapsedTime(began) < SiloLives.Window;

    /// <summary>A replica is being careful, or is no longer.</summary>
    internal void Count(int change)
    {
        lock (gate)
        {
            careful += change;
            changed(careful);
        }
    }
}
