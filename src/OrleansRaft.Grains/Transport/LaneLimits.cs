namespace OrleansRaft.Grains;

/// <summary>The limits of one lane.</summary>
/// <param name="BatchMax">The most messages in a batch.</param>
/// <param name="BatchBytesMax">The most bytes in a batch; a single message may be larger.</param>
/// <param name="WaitingMax">The most messages that wait.</param>
/// <param name="WaitingBytesMax">The most bytes that wait.</param>
internal sealed record LaneLimits(int BatchMax, long BatchBytesMax, int WaitingMax, long WaitingBytesMax)
{
    /// <summary>For votes, heartbeats and answers: small, and many when a silo has many groups.</summary>
    public static LaneLimits Control { get; } = new(8_192, 1024 * 1024, 131_072, 32 * 1024 * 1024);

    /// <summary>For entries and snapshots.</summary>
    public static LaneLimits Bulk { get; } = new(1_024, 2 * 1024 * 1024, 16_384, 64 * 1024 * 1024);
}
