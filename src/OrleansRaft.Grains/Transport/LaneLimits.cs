namespace OrleansRaft.Grains.Transport;

/// <summary>The limits of one queue of a lane.</summary>
/// <param name="BatchMax">The most frames in a batch.</param>
/// <param name="BatchBytesMax">The most bytes in a batch; a single frame may be larger.</param>
/// <param name="WaitingMax">The most frames that wait.</param>
/// <param name="WaitingBytesMax">The most bytes that wait.</param>
internal sealed record LaneLimits(int BatchMax, long BatchBytesMax, int WaitingMax, long WaitingBytesMax)
{
    /// <summary>Up to so many bytes nobody minds to wait behind.</summary>
    public const int SmallBytesMax = 64 * 1024;

    /// <summary>For votes, heartbeats, answers and requests: small, and many when a silo has many groups.</summary>
    public static LaneLimits Control { get; } = new(8_192, 1024 * 1024, 131_072, 32 * 1024 * 1024);

    /// <summary>For entries and snapshots.</summary>
    public static LaneLimits Bulk { get; } = new(1_024, 2 * 1024 * 1024, 16_384, 64 * 1024 * 1024);
}
