using OrleansRaft.Runtime.Machines;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime.Lives;

/// <summary>
/// Lets a state machine run what needs care: while no other machine of the silo runs, and after the store knows of it. Asked by whoever runs the
/// machine's queue, one call at a time; what it began is continued on any thread.
/// </summary>
/// <remarks>
/// Before anything else runs, here or elsewhere on the silo, the store forgets again: whatever it finds was under way. That holds for a replica that
/// is closed, too, unless its store cannot be told, or its call does not come back.
/// </remarks>
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
    private bool isRunning;
    private bool isStuck;

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
                log.WriteMark(mark, static _ => { });
            }
        }
    }

    /// <summary>Prepares what runs next.</summary>
    /// <param name="mark">What the store must know meanwhile; null for nothing, which ends what was prepared before.</param>
    /// <returns>
    /// Whether it may run now; if not, the queue is scheduled when it may be asked again, and what needs care never runs after <see cref="Close"/>.
    /// </returns>
    public bool Prepare(ApplyMark? mark)
    {
        lock (gate)
        {
            if (isClosed)
            {
                return mark is null;
            }

            if ((mark is null && !isAlone) || (mark is not null && isAlone && stored == mark))
            {
                isRunning = mark is not null;
                return true;
            }

            if (isAlone)
            {
                var next = mark ?? resting;
                log.WriteMark(next, isDurable => OnWritten(next, isDurable));
                return false;
            }
        }

        executor.Reserve(queue, OnAlone);
        return false;
    }

    /// <summary>What was prepared has come back.</summary>
    public void OnReturned()
    {
        lock (gate)
        {
            if (!isRunning)
            {
                return;
            }

            isRunning = false;
            if (!isClosed)
            {
                return;
            }
        }

        Forget();
    }

    /// <summary>The call that runs does not come back, or has come back at last: nobody waits for one of a closed replica. Any thread.</summary>
    public void OnStuck(bool stuck)
    {
        lock (gate)
        {
            isStuck = stuck;
            if (!stuck || !isClosed || !isAlone)
            {
                return;
            }
        }

        executor.Release(queue);
    }

    /// <summary>Nothing more is run. What runs at the moment stays known to the store until it comes back.</summary>
    public void Close()
    {
        bool mayForget;
        lock (gate)
        {
            if (isClosed)
            {
                return;
            }

            isClosed = true;
            mayForget = !isRunning;
            if (!isAlone || (isRunning && !isStuck))
            {
                return;
            }
        }

        if (mayForget)
        {
            Forget();
        }
        else
        {
            executor.Release(queue);
        }
    }

    /// <summary>Others run when the store has forgotten, or cannot.</summary>
    private void Forget() => log.WriteMark(resting, _ => executor.Release(queue));

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

    private void OnWritten(ApplyMark? mark, bool isDurable)
    {
        var isOver = !isDurable || mark is not { IsUnderWay: true };
        lock (gate)
        {
            if (isClosed)
            {
                return;
            }

            isAlone = !isOver;
            stored = isDurable ? mark : stored;
            if (isDurable && isOver && resting != mark)
            {
                // It was decided while this was on its way.
                log.WriteMark(resting, static _ => { });
            }
        }

        if (!isDurable)
        {
            // Nothing more is run here: the log has ended, or is another activation's.
            executor.Release(queue);
            return;
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
