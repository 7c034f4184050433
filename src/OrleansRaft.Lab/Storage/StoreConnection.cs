using OrleansRaft.Runtime.Pulses;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Lab.Storage;

/// <summary>One node's way to one disk: the writes of all its replicas become durable together (group commit), one batch at a time.</summary>
/// <remarks>A node that restarts makes new connections; the old ones keep only what was already on its way.</remarks>
internal sealed class StoreConnection
{
    private readonly ILabProcess process;

    private List<DiskWork> waiting = [];
    private List<DiskWork> batch = [];
    private readonly List<Action> held = [];
    private readonly WriteGathering gathering;

    private bool isGathering;
    private bool isBusy;
    private bool isLost;

    public StoreConnection(ILabProcess process, LabDisk disk, bool isShared)
    {
        this.process = process;
        gathering = new WriteGathering(process.Clock);
        Disk = disk;
        IsShared = isShared;
        Lease = new StoreLease(process, isShared, Perform);
    }

    public LabDisk Disk { get; }

    /// <summary>Whether other nodes reach the disk, too.</summary>
    public bool IsShared { get; }

    public StoreLease Lease { get; }

    /// <summary>Does something after the disk's latency, while the node reaches it.</summary>
    public void Perform(Action action) => Disk.Perform(() =>
    {
        if (IsShared && process.IsCutFromDisks && !isLost)
        {
            held.Add(action);
        }
        else
        {
            action();
        }
    });

    /// <summary>The node reaches the disk again.</summary>
    public void Resume()
    {
        Action[] resumed = [.. held];
        held.Clear();
        Array.ForEach(resumed, Perform);
    }

    public void Enqueue(DiskWork work)
    {
        waiting.Add(work);
        SendBatch();
    }

    /// <summary>Works of several replicas follow, which belong into one batch.</summary>
    public void BeginPulse() => gathering.BeginPulse();

    /// <summary>All of them have been handed over.</summary>
    public void EndPulse()
    {
        gathering.EndPulse();
        SendBatch();
    }

    /// <summary>The node dies: of what is on its way, a beginning becomes durable, or is torn, or nothing.</summary>
    public void Crash()
    {
        isLost = true;
        Lease.Stop();
        var tornWrites = 0;
        var survivors = Disk.Random.Next(0, batch.Count + 1);
        if (IsShared)
        {
            var late = batch[..survivors];
            Disk.Perform(() => late.ForEach(CommitLate));
        }
        else
        {
            batch[..survivors].ForEach(CommitLate);
            if (survivors < batch.Count && batch[survivors] is { Record: { } record, IsOwned: true, IsDurable: false } torn)
            {
                torn.Log.Stored.Tear(record, Disk.Random);
                tornWrites = 1;
            }
        }

        process.OnWritesLost(tornWrites, batch.Count - survivors + waiting.Count);
        waiting.Clear();
    }

    private static void CommitLate(DiskWork work)
    {
        if (work.IsOwned && !work.IsDurable)
        {
            work.MakeDurable();
        }
    }

    private void SendBatch()
    {
        if (isBusy || isLost || waiting.Count == 0 || MustWait())
        {
            return;
        }

        isBusy = true;
        gathering.Begin(waiting.Count);
        (batch, waiting) = (waiting, batch);
        Perform(CompleteBatch);
        process.OnWriteBegun();
    }

    /// <summary>Whether more is expected; then it is looked again when the patience is over.</summary>
    private bool MustWait()
    {
        if (!gathering.MustWait(waiting.Count))
        {
            return false;
        }

        if (!isGathering)
        {
            isGathering = true;
            process.Clock.Schedule(WriteGathering.PatienceMax, () => process.Perform(EndWait));
        }

        return true;
    }

    private void EndWait()
    {
        isGathering = false;
        SendBatch();
    }

    private void CompleteBatch()
    {
        if (isLost)
        {
            return;
        }

        if (Disk.IsFull)
        {
            Refuse(new IOException("there is no space left on the disk; free some, then start the replica again"));
        }
        else if (Disk.DrawFailure())
        {
            OnFailure();
            return;
        }
        else
        {
            gathering.End(waiting.Count);
            Tell();
        }

        EndBatch();
    }

    /// <summary>The replicas may have their turns before the next batch, which takes what they write, as on the thread of a store.</summary>
    private void Tell()
    {
        PulseCarrier.Begin();
        try
        {
            batch.ForEach(Commit);
        }
        finally
        {
            PulseCarrier.End(process.CarriesPulses);
        }
    }

    private void EndBatch()
    {
        batch.Clear();
        isBusy = false;
        SendBatch();
    }

    private void Commit(DiskWork work)
    {
        if (!work.IsDurable && !work.IsOwned)
        {
            work.Log.Stop(LogStopReason.Fenced, new StoreRefusedException($"{work.Log.Stored.Key} was taken over by another activation"));
            return;
        }

        if (!work.IsDurable)
        {
            work.MakeDurable();
        }

        process.Perform(() => work.Log.Tell(work.Tell));
    }

    /// <summary>A local disk that fails ends the replica. Of a server, only the answer is missing: raise the epoch, look, and go on.</summary>
    private void OnFailure()
    {
        var done = Disk.Random.Next(0, batch.Count + 1);
        batch[..done].ForEach(CommitLate);
        if (!IsShared)
        {
            Refuse(new IOException("the disk failed to write; the replica starts again from what is durable"));
            EndBatch();
            return;
        }

        Perform(() =>
        {
            if (isLost)
            {
                return;
            }

            foreach (var log in batch.Concat(waiting).Select(work => work.Log).Distinct().ToArray())
            {
                RaiseEpoch(log);
            }

            CompleteBatch();
        });
    }

    private void RaiseEpoch(ILabLog log)
    {
        if (log.Stored.Epoch != log.Epoch)
        {
            return;
        }

        log.RaiseEpoch();
        foreach (var work in batch.Concat(waiting).Where(work => work.Log == log))
        {
            work.Epoch = log.Epoch;
        }
    }

    private void Refuse(IOException cause)
    {
        ILabLog[] refused = [.. batch.Select(work => work.Log).Distinct()];
        foreach (var log in refused)
        {
            log.Stop(LogStopReason.Failed, cause);
        }

        // What they asked for behind that goes with it: of several chunks of a snapshot the later ones would follow a gap.
        waiting.RemoveAll(work => refused.Contains(work.Log));
    }
}
