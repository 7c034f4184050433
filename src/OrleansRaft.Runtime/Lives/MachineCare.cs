using OrleansRaft.Runtime.Machines;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime.Lives;

/// <summary>
/// Lets a state machine run what needs care: while no other machine of the silo runs, and after the store knows of it. Asked by whoever runs the
/// machine's queue, one call at a time; what it began is continued on any thread.
/// </summary>
/// <remarks>Before anything else runs, here or elsewhere on the silo, the store forgets again: whatever it finds was under way.</remarks>
internal sealed class MachineCare
{
    private readonly IReplicaLog log;
    private readonly IMachineExecutor executor;
    private readonly MachineQueue queue;
    private readonly Lock gate = new();
    private ApplyMark? resting;
    private ApplyMark? stored;
    private bool isAlone;
    private bool isClosed;

    /// <param name="log">The replica's log, whose store remembers.</param>
    /// <param name="executor">Runs the machines of the silo.</param>
    /// <param name="queue">What waits for this one.</param>
    /// <param name="resting">What the store remembers, or should, while nothing is under way.</param>
    public MachineCare(IReplicaLog log, IMachineExecutor executor, MachineQueue queue, ApplyMark? resting)
    {
        this.log = log;
        this.executor = executor;
        this.queue = queue;
        this.resting = resting;
    }

    /// <summary>Whether something is prepared, or about to be, and the silo's other machines wait.</summary>
    public bool IsHeld
    {
        get
        {
            lock (gate)
            {
                return isAlone && !isClosed;
            }
        }
    }

    /// <summary>Lets the store remember something else while nothing is under way. Any thread.</summary>
    public void Rest(ApplyMark? mark)
    {
        lock (gate)
        {
            resting = mark;
            if (!isAlone && !isClosed)
            {
                log.WriteMark(mark, static () => { });
            }
        }
    }

    /// <summary>Prepares what runs next.</summary>
    /// <param name="mark">What the store must know meanwhile; null for nothing, which ends what was prepared before.</param>
    /// <returns>Whether it may run now; if not, the queue is scheduled when it may be asked again.</returns>
    public bool Prepare(ApplyMark? mark)
    {
        lock (gate)
        {
            if (isClosed || (mark is null && !isAlone) || (mark is not null && isAlone && stored == mark))
            {
                return true;
            }

            if (isAlone)
            {
                var next = mark ?? resting;
                log.WriteMark(next, () => OnWritten(next));
                return false;
            }
        }

        executor.Reserve(queue, OnAlone);
        return false;
    }

    /// <summary>Nothing more is run. What runs at the moment stays known to the store.</summary>
    /// <param name="isRunning">Whether something does.</param>
    public void Close(bool isRunning)
    {
        lock (gate)
        {
            if (isClosed)
            {
                return;
            }

            isClosed = true;
            if (!isAlone)
            {
                return;
            }

            if (!isRunning)
            {
                log.WriteMark(resting, static () => { });
            }
        }

        executor.Release(queue);
    }

    private void OnAlone()
    {
        bool isOver;
        lock (gate)
        {
            isOver = isClosed;
            isAlone = !isOver;
        }

        Continue(isOver);
    }

    private void OnWritten(ApplyMark? mark)
    {
        var isOver = mark is not { IsUnderWay: true };
        lock (gate)
        {
            if (isClosed)
            {
                return;
            }

            stored = mark;
            isAlone = !isOver;
            if (isOver && resting != mark)
            {
                // It was decided while this was on its way.
                log.WriteMark(resting, static () => { });
            }
        }

        Continue(isOver);
    }

    private void Continue(bool isOver)
    {
        if (isOver)
        {
            executor.Release(queue);
        }

        executor.Schedule(queue);
    }
}
