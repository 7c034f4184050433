namespace OrleansRaft.Runtime.Storage;

/// <summary>
/// One silo's lease on one store: while it is valid, the silo's replicas there may speak. Extended in the background, by the monotonic clock alone.
/// </summary>
public sealed class SiloLease : IAsyncDisposable
{
    private const int RetriesAtOnceMax = 3;

    private readonly LeaseTimes times;
    private readonly TimeProvider time;
    private readonly Func<CancellationToken, Task<bool>> extend;
    private readonly Action changed;
    private readonly Action<Exception> failed;
    private readonly CancellationTokenSource stopping = new();
    private readonly ITimer expiry;
    private long validUntil;
    private bool isStarted;
    private Task running = Task.CompletedTask;

    /// <summary>Makes a lease that is not yet valid; <see cref="Start"/> begins to extend it.</summary>
    /// <param name="times">Its lengths.</param>
    /// <param name="time">The clock.</param>
    /// <param name="extend">Extends the lease in the store; false when somebody took a replica over, which has then been dealt with, so that trying
    /// again may succeed.</param>
    /// <param name="changed">Told when the lease becomes valid, or ceases to be.</param>
    /// <param name="failed">Told why an extension failed; it is tried again.</param>
    public SiloLease(LeaseTimes times, TimeProvider time, Func<CancellationToken, Task<bool>> extend, Action changed, Action<Exception> failed)
    {
        this.times = times;
        this.time = time;
        this.extend = extend;
        this.changed = changed;
        this.failed = failed;
        validUntil = long.MinValue;
        expiry = time.CreateTimer(_ => OnExpiry(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether the lease is valid at this moment.</summary>
    public bool IsValid => time.GetTimestamp() < Volatile.Read(ref validUntil);

    /// <summary>Begins to extend the lease. May be repeated.</summary>
    public void Start()
    {
        if (!Interlocked.Exchange(ref isStarted, true))
        {
            running = Task.Run(() => RunAsync(stopping.Token));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await running;
        Volatile.Write(ref validUntil, long.MinValue);
        await expiry.DisposeAsync();
        stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (!cancellation.IsCancellationRequested)
            {
                var extended = await ExtendOnceAsync(cancellation);
                await Task.Delay(extended ? times.Period : times.Period / 3, time, cancellation);
            }
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            // An extension that was under way may end with any failure of the store.
        }
    }

    private async Task<bool> ExtendOnceAsync(CancellationToken cancellation)
    {
        try
        {
            for (var attempt = 0; attempt < RetriesAtOnceMax; attempt++)
            {
                var before = time.GetTimestamp();
                if (await extend(cancellation))
                {
                    OnExtended(before);
                    return true;
                }
            }
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            failed(exception);
        }

        return false;
    }

    private void OnExtended(long before)
    {
        var wasValid = IsValid;
        Volatile.Write(ref validUntil, before + (long)(times.Validity.TotalSeconds * time.TimestampFrequency));
        ScheduleExpiry();
        if (!wasValid)
        {
            changed();
        }
    }

    private void OnExpiry()
    {
        if (IsValid)
        {
            ScheduleExpiry();
        }
        else
        {
            changed();
        }
    }

    private void ScheduleExpiry()
    {
        var left = time.GetElapsedTime(time.GetTimestamp(), Volatile.Read(ref validUntil));
        expiry.Change(left > TimeSpan.FromMilliseconds(1) ? left : TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
    }
}
