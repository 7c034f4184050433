using Microsoft.Extensions.Logging.Abstractions;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.Driving;
using OrleansRaft.Runtime.Machines;
using OrleansRaft.Runtime.StateMachines;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>The threads of users' state machines, and the timer that watches them, on whose thread an exception ends the process.</summary>
public sealed class MachinePoolTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_call_that_comes_back_just_as_it_is_found_to_be_late_is_reported_as_stuck_and_as_back()
    {
        var clock = new Clock();
        var alarms = new AlarmBoard(TimeProvider.System);
        using var pool = new MachinePool(new RaftOptions(), alarms, clock, NullLogger<MachinePool>.Instance);
        var called = new TaskCompletionSource<Thread>(TaskCreationOptions.RunContinuationsAsynchronously);
        var mayComeBack = false;

        // It waits without a lock, so that the thread's next wait is for the pool.
        var machine = new TextMachine
        {
            OnQuery = () =>
            {
                called.SetResult(Thread.CurrentThread);
                while (!Volatile.Read(ref mayComeBack))
                {
                    Thread.SpinWait(100);
                }
            },
        };
        var stuck = new List<bool>();
        var isBack = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var queue = new MachineQueue(
            new ReplicaKey("group", new ReplicaId(1)),
            new StateMachineHost<string, string>(machine, new TextCodec(), new TextCodec()),
            pool,
            clock,
            static _ => { },
            isStuck =>
            {
                stuck.Add(isStuck);
                if (!isStuck)
                {
                    isBack.SetResult();
                }
            });
        queue.Post(new QueryJob(new QueryBatch([new QueryEnvelope("k", Bytes("q"))], ReadConsistency.Stale, NobodysReplySink.Instance), 0, default));
        var thread = await called.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);

        clock.Advance(new RaftOptions().MachineStuckAfter, asked: () =>
        {
            Volatile.Write(ref mayComeBack, true);
            SpinWait.SpinUntil(() => thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin), Patience).ShouldBeTrue("it waits for the watch");
        });
        clock.FireTimers();

        await isBack.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        stuck.ShouldBe([true, false]);
        alarms.Active.ShouldBeEmpty();
    }

    /// <summary>Stands still, and does something when the thread of the test next asks what time it is.</summary>
    private sealed class Clock : TimeProvider
    {
        private readonly List<Action> timers = [];
        private long now = 1;
        private Action? asked;
        private Thread? asker;

        public override long GetTimestamp()
        {
            if (Thread.CurrentThread == asker)
            {
                asker = null;
                asked!();
            }

            return Volatile.Read(ref now);
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            timers.Add(() => callback(state));
            return System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public void Advance(TimeSpan time, Action asked)
        {
            Interlocked.Add(ref now, (long)(time.TotalSeconds * TimestampFrequency));
            (this.asked, asker) = (asked, Thread.CurrentThread);
        }

        public void FireTimers() => timers.ForEach(static fire => fire());
    }
}
