using OrleansRaft.Runtime.Lives;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Runtime.Machines;

/// <summary>What waits for one state machine, done in order and one at a time, a slice of time after the other.</summary>
/// <remarks>One thread runs it at a time, not always the same. What is done is handed back to the replica's inbox.</remarks>
internal sealed class MachineQueue
{
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(10);

    private readonly Lock gate = new();
    private readonly Queue<MachineJob> jobs = new();
    private readonly IStateMachineHost machine;
    private readonly IMachineExecutor executor;
    private readonly TimeProvider time;
    private readonly Action<MachineJob> done;
    private readonly Action<bool> stuck;
    private readonly Action<bool> waits;
    private MachineCare? care;
    private bool isScheduled;
    private bool isApart;
    private bool isBroken;
    private bool isClosed;
    private bool isBusy;
    private long callBegan;

    internal MachineQueue(
        ReplicaKey key, IStateMachineHost machine, IMachineExecutor executor, TimeProvider time, Action<MachineJob> done, Action<bool> stuck)
    {
        Key = key;
        this.machine = machine;
        this.executor = executor;
        this.time = time;
        this.done = done;
        this.stuck = stuck;
        waits = OnWaits;
    }

    /// <summary>The replica whose machine it is.</summary>
    public ReplicaKey Key { get; }

    /// <summary>Whether there is anything that the machine has not done yet. Any thread.</summary>
    internal bool IsBusy => Volatile.Read(ref isBusy);

    /// <summary>Whether nothing is done, or is about to be. Any thread.</summary>
    internal bool IsIdle
    {
        get
        {
            lock (gate)
            {
                return !isScheduled;
            }
        }
    }

    /// <summary>For how long the machine's code has been running since it last came back; null when it does not run. Any thread.</summary>
    internal TimeSpan? CallTook => Volatile.Read(ref callBegan) is > 0 and var began ? time.GetElapsedTime(began) : null;

    /// <summary>Does what waits, for a slice of time; then others get the thread. Called by the executor, once for each time it was asked.</summary>
    public void Run()
    {
        var mayWait = isApart;
        isApart = false;
        var slice = new MachineSlice(time, time.GetTimestamp(), Slice, waits);
        while (TakeNext(out var job))
        {
            if (job is { MayWait: true } && !mayWait)
            {
                isApart = true;
                executor.ScheduleApart(this);
                return;
            }

            if (care is not null && !care.Prepare(job?.Mark))
            {
                return;
            }

            if (job is null)
            {
                continue;
            }

            OnWaits(false);
            var isDone = job.Run(machine, slice);
            Volatile.Write(ref callBegan, 0);
            care?.OnReturned();
            if (isDone && Finish(job))
            {
                done(job);
            }

            if (slice.IsOver || mayWait)
            {
                if (HasMore())
                {
                    executor.Schedule(this);
                }

                return;
            }
        }
    }

    /// <summary>The machine's code does not come back, or has come back at last. Any thread.</summary>
    public void ReportStuck(bool isStuck)
    {
        care?.OnStuck(isStuck);
        stuck(isStuck);
    }

    /// <summary>Takes care, from now on, of jobs that need it. Before the first of them.</summary>
    internal void Begin(MachineCare careful) => care = careful;

    /// <summary>Adds work. Any thread.</summary>
    /// <returns>Whether it will be done: not when the replica has stopped.</returns>
    internal bool Post(MachineJob job)
    {
        lock (gate)
        {
            if (isClosed)
            {
                return false;
            }

            jobs.Enqueue(job);
            Volatile.Write(ref isBusy, true);
            if (isScheduled || isBroken)
            {
                return true;
            }

            isScheduled = true;
        }

        executor.Schedule(this);
        return true;
    }

    /// <summary>
    /// Takes out all that waits, whereupon the queue goes on after a failure. What is being done at this moment ends unheard. On the replica's turn.
    /// </summary>
    internal List<MachineJob> TakeAll()
    {
        lock (gate)
        {
            List<MachineJob> all = [.. jobs];
            jobs.Clear();
            isBroken = false;
            Volatile.Write(ref isBusy, false);
            return all;
        }
    }

    /// <summary>Takes nothing more.</summary>
    internal List<MachineJob> Close()
    {
        lock (gate)
        {
            isClosed = true;
        }

        care?.Close();
        return TakeAll();
    }

    /// <summary>The job that runs waits for a store, or the machine's code goes on.</summary>
    private void OnWaits(bool isWaiting) => Volatile.Write(ref callBegan, isWaiting ? 0 : Math.Max(1, time.GetTimestamp()));

    /// <param name="job">What is next; null to end what needed care before.</param>
    /// <returns>Whether there is anything to do.</returns>
    private bool TakeNext(out MachineJob? job)
    {
        lock (gate)
        {
            if (isBroken || !jobs.TryPeek(out job))
            {
                job = null;
                isScheduled = care is { IsHeld: true };
                return isScheduled;
            }

            return true;
        }
    }

    /// <returns>Whether anybody waits for it: not when it was taken out meanwhile.</returns>
    private bool Finish(MachineJob job)
    {
        lock (gate)
        {
            if (!jobs.TryPeek(out var first) || first != job)
            {
                return false;
            }

            jobs.Dequeue();
            Volatile.Write(ref isBusy, jobs.Count > 0);

            // What a machine that threw holds is nobody's business: nothing more is asked of it before the replica has heard.
            isBroken = job.Failure is not null;
            return true;
        }
    }

    /// <returns>Whether more waits; if not, the queue is scheduled anew with the next job.</returns>
    private bool HasMore()
    {
        lock (gate)
        {
            return isScheduled = (jobs.Count > 0 && !isBroken) || care is { IsHeld: true };
        }
    }
}
