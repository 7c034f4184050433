using Microsoft.Extensions.DependencyInjection;
using Orleans.Timers;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Replicas;

/// <summary>The ticks by which a replica counts elections and heartbeats: a timer of its grain, only while the group is active.</summary>
internal sealed class ReplicaTicks(IGrainBase grain, TimeSpan period)
{
    // Asked of the grain itself, it would have to be its turn; but a replica wakes on that of its worker.
    private readonly ITimerRegistry timers = grain.GrainContext.ActivationServices.GetRequiredService<ITimerRegistry>();
    private IGrainTimer? timer;

    /// <summary>Begins anew. On the replica's turn.</summary>
    public void Start(ReplicaDriver driver)
    {
        Stop();
        Volatile.Write(ref timer, timers.RegisterGrainTimer(
            grain.GrainContext,
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
