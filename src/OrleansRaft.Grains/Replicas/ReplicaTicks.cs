using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Replicas;

/// <summary>The ticks by which a replica counts elections and heartbeats: a timer of its grain, only while the group is active.</summary>
internal sealed class ReplicaTicks(IGrainBase grain, TimeSpan period)
{
    private IGrainTimer? timer;

    /// <summary>Begins anew. On the grain's turn.</summary>
    public void Start(ReplicaDriver driver)
    {
        Stop();
        Volatile.Write(ref timer, grain.RegisterGrainTimer(
            Tick,
            driver,
            new GrainTimerCreationOptions { DueTime = period, Period = period, Interleave = true, KeepAlive = true }));
    }

    /// <summary>Ends; may be repeated. Any thread.</summary>
    public void Stop() => Interlocked.Exchange(ref timer, null)?.Dispose();

    private static Task Tick(ReplicaDriver driver, CancellationToken cancellation)
    {
        driver.Tick();
        return Task.CompletedTask;
    }
}
