namespace OrleansRaft.Runtime.Storage;

/// <summary>How long a silo may speak for its replicas without having asked the store again. Equal on every silo of a cluster.</summary>
/// <remarks>
/// A lease is valid for nine tenths of <see cref="Duration"/>, counted on the holder's monotonic clock from before it asked; a successor waits the
/// whole of it on its own clock. The tenth between them is what clock rates may differ by and what may pass unnoticed between looking at the clock
/// and acting.
/// </remarks>
public sealed record LeaseTimes
{
    /// <summary>L: how long a successor waits for a predecessor that did not release. The default is 3 seconds.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How often a silo extends its lease. The default is 0.75 seconds.</summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromMilliseconds(750);

    /// <summary>How long an extension counts, from before it was asked for.</summary>
    public TimeSpan Validity => Duration * 0.9;

    /// <summary>
    /// What a successor waits for a predecessor that has stopped within the same process: for what it had begun before it was told.
    /// </summary>
    public TimeSpan Margin => Duration * 0.1;
}
