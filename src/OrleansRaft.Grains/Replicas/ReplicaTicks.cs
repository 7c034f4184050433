using Microsoft.Extensions.DependencyInjection;
using Orleans.Timers;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Replicas;

/// <summary>
/// The ticks by which a replica counts elections and heartbeats: a timer of its grain, only while the group is active. One whose state machine is
/// halted has a few while it is quiescent, too: without them it would not try again before somebody writes.
/// </summary>
/// <remarks>
/// The timers of a silo's replicas fire at the same moments, so that one wake-up serves them all, and what they say then, such as heartbeats, is one
/// batch for each silo.
/// </remarks>
internal sealed class ReplicaTicks(IGrainBase grain, TimeSpan period, TimeProvider time)
{
    private static readonly TimeSpan WhileHalted = TimeSpan.FromSeconds(1);

    // Asked of the grain itself, it would have to be its turn; but a replica wakes on that of its worker.
    private readonly ITimerRegistry timers = grain.GrainContext.ActivationServices.GetRequiredService<ITimerRegistry>();
    private IGrainTimer? timer;
    private long every;

    private TimeSpan Now => time.GetElapsedTime(0);

    /// <summary>Begins anew. On the replica's turn.</summary>
    public void Start(ReplicaDriver driver) => Start(driver, period);

    /// <summary>Begins anew, for a quiescent replica whose state machine is halted. On the replica's turn.</summary>
    public void StartWhileHalted(ReplicaDriver driver) => Start(driver, WhileHalted);

    /// <summary>Ends; may be repeated. Any thread.</summary>
    public void Stop() => Interlocked.Exchange(ref timer, null)?.Dispose();

    private void Start(ReplicaDriver driver, TimeSpan interval)
    {
        Stop();
        Volatile.Write(ref every, interval.Ticks);
        Volatile.Write(ref timer, timers.RegisterGrainTimer(
            grain.GrainContext,
            Tick,
            driver,
            new GrainTimerCreationOptions
            {
                DueTime = TickTimes.UntilNext(Now, interval),
                Period = interval,
                Interleave = true,
                KeepAlive = true,
            }));
    }

    private Task Tick(ReplicaDriver driver, CancellationToken cancellation)
    {
        // A timer counts its period from the end of its turn, and would soon be out of step.
        var interval = new TimeSpan(Volatile.Read(ref every));
        Volatile.Read(ref timer)?.Change(TickTimes.UntilNext(Now, interval), interval);
        driver.Tick();
        return Task.CompletedTask;
    }
}
