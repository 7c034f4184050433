using Microsoft.Extensions.Logging;
using OrleansRaft.Runtime.Diagnostics;

namespace OrleansRaft.Runtime.Machines;

/// <summary>The threads on which a silo runs the state machines of users: few, and shared by all groups in turn.</summary>
/// <remarks>
/// <para>
/// They carry nothing of whoever asked, and the invariant culture. A call that does not come back within <see cref="RaftOptions.MachineStuckAfter"/>
/// is reported, and its thread, which .NET cannot abort, is replaced, up to <see cref="RaftOptions.StuckThreadsMax"/>.
/// </para>
/// <para>
/// What may wait for a store, such as a large state that is being restored, has threads beside those, as many again: others do not wait for it.
/// </para>
/// <para>A service of every silo. Threads start with the first user's machine.</para>
/// </remarks>
internal sealed class MachinePool : IMachineExecutor, IDisposable
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    [ThreadStatic]
    private static bool isOwnThread;

    private readonly Queue<MachineQueue> waiting = new();
    private readonly Queue<MachineQueue> waitingApart = new();
    private readonly List<(MachineQueue Queue, bool IsApart)> parked = [];
    private readonly Queue<(MachineQueue Queue, Action Granted)> reserving = new();
    private readonly Lock gate = new();
    private readonly List<Worker> workers = [];
    private readonly int size = Math.Max(2, Environment.ProcessorCount);
    private readonly TimeSpan stuckAfter;
    private readonly int stuckMax;
    private readonly AlarmBoard alarms;
    private readonly TimeProvider time;
    private readonly ILogger<MachinePool> logger;
    private ITimer? watch;
    private bool isDisposed;
    private bool isEnding;
    private bool hasApart;

    // Under the lock of what waits: who runs while nobody else does, and how many run that have not been given up.
    private MachineQueue? alone;
    private bool isAloneStuck;
    private int running;

    /// <summary>Makes the pool; it has no threads yet.</summary>
    /// <param name="options">When a call counts as stuck, and how many threads may be.</param>
    /// <param name="alarms">Where calls that do not come back are reported.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where the pool logs.</param>
    public MachinePool(RaftOptions options, AlarmBoard alarms, TimeProvider time, ILogger<MachinePool> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        (stuckAfter, stuckMax) = (options.MachineStuckAfter, options.StuckThreadsMax);
        this.alarms = alarms;
        this.time = time;
        this.logger = logger;
    }

    /// <summary>Whether this thread is one of a pool, and runs a user's state machine.</summary>
    public static bool IsOwnThread => isOwnThread;

    /// <inheritdoc/>
    public void Schedule(MachineQueue queue)
    {
        if (watch is null)
        {
            Start();
        }

        lock (waiting)
        {
            waiting.Enqueue(queue);
            Wake();
        }
    }

    /// <inheritdoc/>
    public void ScheduleApart(MachineQueue queue)
    {
        Start();
        lock (gate)
        {
            for (var i = workers.Count(static worker => worker.IsApart); i < size && !isDisposed; i++)
            {
                AddWorker(isApart: true);
            }
        }

        lock (waiting)
        {
            waitingApart.Enqueue(queue);
            Wake();
        }
    }

    /// <inheritdoc/>
    public void Reserve(MachineQueue queue, Action granted)
    {
        lock (waiting)
        {
            reserving.Enqueue((queue, granted));
        }

        Grant();
    }

    /// <inheritdoc/>
    public void Release(MachineQueue queue)
    {
        lock (waiting)
        {
            if (alone == queue)
            {
                (alone, isAloneStuck) = (null, false);
                Unpark();
            }
        }

        Grant();
    }

    /// <summary>Runs nothing more; a call that is under way is not waited for.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (isDisposed)
            {
                return;
            }

            isDisposed = true;
            watch?.Dispose();
        }

        lock (waiting)
        {
            isEnding = true;
            Monitor.PulseAll(waiting);
        }
    }

    /// <param name="isApart">Whether it may wait for a store.</param>
    /// <returns>What waits, and may run; null when the silo has ended.</returns>
    private MachineQueue? Take(bool isApart)
    {
        lock (waiting)
        {
            while (!isEnding)
            {
                while ((isApart ? waitingApart : waiting).TryDequeue(out var queue))
                {
                    if (MayRun(queue))
                    {
                        running++;
                        return queue;
                    }

                    parked.Add((queue, isApart));
                }

                Monitor.Wait(waiting);
            }

            return null;
        }
    }

    /// <summary>Nobody runs beside a machine that runs alone, or before one that waits to do so.</summary>
    private bool MayRun(MachineQueue queue) => alone is null ? reserving.Count == 0 : alone == queue || isAloneStuck;

    /// <summary>A run has ended, or is given up: whoever waits to run alone does not wait for it.</summary>
    private void EndRun()
    {
        lock (waiting)
        {
            running--;
        }

        Grant();
    }

    /// <summary>Lets the first that waits for it run alone, when nothing runs any more.</summary>
    private void Grant()
    {
        Action granted;
        lock (waiting)
        {
            if (alone is not null || running > 0 || !reserving.TryDequeue(out var first))
            {
                return;
            }

            (alone, granted) = first;
            Unpark();
        }

        granted();
    }

    private void NoteStuck(MachineQueue queue, bool isStuck)
    {
        lock (waiting)
        {
            if (alone == queue)
            {
                // Others go on: what the store remembers is true for as long as the call lasts.
                isAloneStuck = isStuck;
                Unpark();
            }
        }
    }

    /// <summary>Who may run is another now: whoever was passed over is looked at again.</summary>
    private void Unpark()
    {
        parked.ForEach(one => (one.IsApart ? waitingApart : waiting).Enqueue(one.Queue));
        parked.Clear();
        Monitor.PulseAll(waiting);
    }

    /// <summary>One thread comes, where all of them take the same work.</summary>
    private void Wake()
    {
        if (Volatile.Read(ref hasApart))
        {
            Monitor.PulseAll(waiting);
        }
        else
        {
            Monitor.Pulse(waiting);
        }
    }

    private void Start()
    {
        lock (gate)
        {
            if (watch is not null || isDisposed)
            {
                return;
            }

            while (workers.Count < size)
            {
                AddWorker(isApart: false);
            }

            watch = time.CreateTimer(static pool => ((MachinePool)pool!).Watch(), this, WatchInterval, WatchInterval);
        }
    }

    private void AddWorker(bool isApart)
    {
        hasApart |= isApart;
        var worker = new Worker(this, isApart);
        workers.Add(worker);
        worker.Start();
    }

    private void Watch()
    {
        lock (gate)
        {
            foreach (var worker in workers.ToArray())
            {
                if (!worker.IsStuck && worker.Current is { CallTook: { } took } queue && took >= stuckAfter)
                {
                    OnStuck(worker, queue);
                }
            }
        }
    }

    private void OnStuck(Worker worker, MachineQueue queue)
    {
        worker.IsStuck = true;
        NoteStuck(queue, isStuck: true);
        EndRun();
        var others = workers.Count(static one => one.IsStuck);
        var isReplaced = others <= stuckMax;
        Log.MachineStuck(logger, queue.Key, stuckAfter, others);
        alarms.Report(
            AlarmNames.MachineStuck,
            queue.Key.ToString(),
            $"The state machine of {queue.Key} has not come back from a call for {stuckAfter.TotalSeconds:0} s; its thread cannot be aborted"
                + (isReplaced ? "." : $", and {others} of them are too many to be replaced: other groups wait for a thread."),
            "Its leadership is handed over. Find out what the call waits for, mend the program, and restart the silo.",
            queue.Key.Group);
        queue.ReportStuck(isStuck: true);
        if (isReplaced)
        {
            AddWorker(worker.IsApart);
        }
    }

    /// <returns>Whether the thread goes on: one that was replaced ends.</returns>
    private bool OnDone(Worker worker, MachineQueue queue)
    {
        lock (gate)
        {
            // Not before: the watch looks at it under the gate, on a timer's thread, and whom it reports must be reported as back.
            worker.Current = null;
            if (!worker.IsStuck)
            {
                EndRun();
                return true;
            }

            worker.IsStuck = false;
            NoteStuck(queue, isStuck: false);
            alarms.Clear(AlarmNames.MachineStuck, queue.Key.ToString());
            Log.MachineCameBack(logger, queue.Key);
            queue.ReportStuck(isStuck: false);
            if (workers.Count(other => other.IsApart == worker.IsApart) <= size)
            {
                return true;
            }

            workers.Remove(worker);
            return false;
        }
    }

    private sealed class Worker(MachinePool pool, bool isApart)
    {
        /// <summary>Whether it takes what may wait for a store.</summary>
        public bool IsApart => isApart;

        /// <summary>Whether it was reported.</summary>
        public bool IsStuck { get; set; }

        /// <summary>What it runs; null when nothing.</summary>
        public MachineQueue? Current
        {
            get => Volatile.Read(ref field);
            set => Volatile.Write(ref field, value);
        }

        public void Start() => new Thread(Run) { IsBackground = true, Name = "raft-machine" }.UnsafeStart();

        private void Run()
        {
            isOwnThread = true;
            while (pool.Take(isApart) is { } queue)
            {
                Current = queue;
                MachineContext.Run(static state => ((MachineQueue)state!).Run(), queue);
                if (!pool.OnDone(this, queue))
                {
                    return;
                }
            }
        }
    }
}
