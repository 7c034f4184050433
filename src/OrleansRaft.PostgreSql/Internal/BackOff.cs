namespace OrleansRaft.PostgreSql.Internal;

/// <summary>
/// The pauses between attempts: short at first, so that a server that returns is used at once, and never longer than half a second.
/// </summary>
internal struct BackOff
{
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(500);

    private TimeSpan next;

    /// <summary>How many pauses there were.</summary>
    public int Count { get; private set; }

    /// <summary>The next pause. On the system's clock: a test's clock stands still while the test waits for a server.</summary>
    public Task WaitAsync(CancellationToken cancellation)
    {
        Count++;
        var pause = next;
        next = next == TimeSpan.Zero ? TimeSpan.FromMilliseconds(20) : next * 2 < Longest ? next * 2 : Longest;
        return Task.Delay(pause, TimeProvider.System, cancellation);
    }
}
