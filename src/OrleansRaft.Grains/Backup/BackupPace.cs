namespace OrleansRaft.Grains.Backup;

/// <summary>
/// Keeps a backup to a rate, so that it leaves the processors to those whom the cluster serves. What was lost to a stall is made up for, as far as
/// that takes no longer than a moment.
/// </summary>
/// <param name="megabytesPerSecond">How many millions of bytes a second; 0 for as many as there can be.</param>
/// <param name="time">The clock.</param>
internal sealed class BackupPace(int megabytesPerSecond, TimeProvider time)
{
    /// <summary>The rate of a backup for which none is said: what a network of a gigabit carries.</summary>
    public const int ByDefault = 125;

    /// <summary>The greatest rate that can be said.</summary>
    public const int Max = 100_000;

    private const long Megabyte = 1_000_000;

    private static readonly TimeSpan MadeUpMax = TimeSpan.FromMilliseconds(200);

    // A timer is no finer than this.
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(1);

    private readonly long began = time.GetTimestamp();
    private TimeSpan due;

    /// <summary>Waits until more may be written.</summary>
    /// <param name="bytes">How many bytes are written next.</param>
    /// <param name="cancellation">Gives up.</param>
    public async ValueTask WaitAsync(int bytes, CancellationToken cancellation)
    {
        if (megabytesPerSecond == 0)
        {
            return;
        }

        var now = time.GetElapsedTime(began);
        due = due < now - MadeUpMax ? now - MadeUpMax : due;
        var pause = due - now;
        due += TimeSpan.FromSeconds((double)bytes / (megabytesPerSecond * Megabyte));
        if (pause >= PauseMin)
        {
            await Task.Delay(pause, time, cancellation);
        }
    }
}
