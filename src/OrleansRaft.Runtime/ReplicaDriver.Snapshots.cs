using OrleansRaft.Core;
using OrleansRaft.Runtime.Driving;
using OrleansRaft.Runtime.Machines;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Runtime;

/// <summary>Snapshots of the state machine (§7): when they are taken and how they are restored.</summary>
internal sealed partial class ReplicaDriver
{
    /// <summary>
    /// Which part of a large state the log may reach before the next snapshot: a replica holds both in memory, and reads both when it starts. So at
    /// most four times what is logged is written for snapshots, and only of states of more than four thresholds.
    /// </summary>
    private const int LogPart = 4;

    private long? savingStarted;
    private long snapshotBytes;
    private long snapshotAgeTicks;
    private bool hasToldLarge;
    private LogIndex captureWanted;

    // Who waits for a snapshot that replaces all that is stored through an index.
    private readonly List<(LogIndex Through, TaskCompletionSource<bool> Done)> renewals = [];

    /// <summary>The replica at this moment, with the digest of its last comparison. On the host's turn, after <see cref="Start"/>.</summary>
    public ReplicaStatus Inspect() =>
        new(Key, ReplicaLog.Epoch, ReplicaLog.MaySpeak, Core.Status, digest?.Digest.ToString())
        {
            DigestIndex = digest?.Entry.Index ?? LogIndex.Zero,
            HaltedAt = halt?.Entry,
            HaltCause = halt?.Cause,
            StateBytes = view.StateBytes,
            StateKeys = view.StateKeys,
            SnapshotAge = AgeOfSnapshot(),
            Skipped = Core.Skipped,
            MachineVersion = Core.MachineVersionAt(Core.CommitIndex),
            MachineVersions = machine.Versions,
            IsVersionBehind = halt is { IsBehind: true },
        };

    /// <summary>By how much the log grows before a snapshot is taken.</summary>
    private long SnapshotThreshold => Math.Max(options.SnapshotThresholdBytes, snapshotBytes / LogPart);

    /// <summary>
    /// At which part of the threshold this replica takes its snapshots, above 0 and at most 1: replicas that get equally much to do would otherwise
    /// take them all at the same moment.
    /// </summary>
    public double SnapshotPart { get; init; } = 1;

    /// <summary>
    /// Takes a snapshot when the log has grown by the threshold, or by a quarter of the last snapshot where that is more. While one is on its way to
    /// a follower the next waits, but not for ever: the log must not grow without limit (scylladb/scylladb#11559).
    /// </summary>
    private void CaptureSnapshot()
    {
        var threshold = (long)(SnapshotThreshold * SnapshotPart);
        var grown = Core.BytesSinceSnapshot;
        var isWanted = captureWanted > LogIndex.Zero && view.AppliedEntry.Index >= captureWanted;
        if ((grown < threshold && !isWanted)
            || savingStarted is not null
            || unreported is not null
            || isRebuilding
            || isInstalling
            || IsHalted
            || isCareful
            || (!isWanted && Core.IsSendingSnapshot && grown < threshold * options.SnapshotDelayFactor))
        {
            return;
        }

        savingStarted = time.GetTimestamp();
        if (worker is not null)
        {
            isCapturing = worker.Post(new CaptureJob(options.CaptureBytesMax) { Life = lives });
            return;
        }

        try
        {
            SaveSnapshot(view, machine.TakeView(options.CaptureBytesMax));
        }
        catch (MachineException failure)
        {
            savingStarted = null;
            HaltBehind(failure);
        }
    }

    /// <summary>Hands a view to the store, which writes it while the replica goes on.</summary>
    private void SaveSnapshot(in MachineView of, IStateView state)
    {
        var entry = of.AppliedEntry;
        Invariant.Holds(entry.Index <= Core.AppliedIndex, "Core knows what was applied when a snapshot is taken");
        TellLargeCapture((state as CapturedState)?.Bytes.Length ?? 0);
        ReplicaLog.SaveSnapshot(Describe(of), state);
    }

    /// <summary>What the state of the machine is, as a snapshot says.</summary>
    private SnapshotDescriptor Describe(in MachineView of) =>
        new(of.AppliedEntry, of.AppliedTime, Core.ConfigurationAt(of.AppliedEntry.Index), snapshotBytes)
        {
            Skipped = stateSkips,
            MachineVersion = Core.MachineVersionAt(of.AppliedEntry.Index),
            Utc = of.AppliedUtc,
        };

    /// <summary>Takes a view of the state for somebody who waits for it: a machine that cannot give one goes on all the same.</summary>
    private void GiveState(QueryBatch queries, StateRequest wanted)
    {
        if (worker is not null)
        {
            worker.Post(new ViewJob(options.CaptureBytesMax, queries, rejections.Restoring()) { Life = lives });
            return;
        }

        try
        {
            wanted.Give(Describe(view), machine.TakeView(options.CaptureBytesMax));
        }
        catch (MachineException failure)
        {
            answers.AnswerAll(queries, Rejections.CannotCapture(failure));
        }
    }

    /// <summary>
    /// Writes what is stored through an entry anew: a snapshot of the state in memory, and no log before it, whatever of that is usually kept. Any
    /// thread.
    /// </summary>
    /// <param name="through">The entry, which the state holds and the newest snapshot does not.</param>
    /// <returns>Whether the snapshot is durable; false when the replica stopped before.</returns>
    /// <exception cref="ObjectDisposedException">The replica has stopped.</exception>
    /// <exception cref="InvalidOperationException">Too many ask at once.</exception>
    public Task<bool> RenewSnapshotAsync(LogIndex through) => Ask(new Inspection<bool>(done =>
    {
        renewals.Add((through, done));
        captureWanted = LogIndex.Max(captureWanted, through);
    }));

    /// <summary>Core knows of a snapshot that was saved.</summary>
    private void EndRenewals(LogIndex saved)
    {
        var done = renewals.FindAll(renewal => renewal.Through <= saved);
        if (done.Count > 0)
        {
            renewals.RemoveAll(renewal => renewal.Through <= saved);
            Step(new CompactLog(saved));
            done.ForEach(static renewal => renewal.Done.TrySetResult(true));
        }
    }

    private void OnSnapshotSaved(SnapshotDescriptor snapshot)
    {
        if (savingStarted is { } started)
        {
            var took = time.GetElapsedTime(started);
            metrics.SnapshotDuration.Record(took.TotalSeconds);
            Log.SnapshotCaptured(logger, Key, snapshot.LastIncluded, snapshot.SizeBytes, took.TotalMilliseconds);
        }

        savingStarted = null;
        captureWanted = snapshot.LastIncluded.Index >= captureWanted ? LogIndex.Zero : captureWanted;
        host.OnSnapshot(snapshot.LastIncluded, isInstalled: false);
    }

    /// <summary>A view threw when it was written: the machine cannot say what it holds. What it is doing at the moment ends first.</summary>
    private void OnSnapshotFailed(MachineException failure)
    {
        if (isRebuilding || isInstalling || IsHalted)
        {
            savingStarted = null;
            if (isRebuilding && rebuildFrom is null)
            {
                LoadForRebuild();
            }
        }
        else if (worker is not null)
        {
            isCapturing = worker.Post(new CaptureJob(options.CaptureBytesMax, failure) { Life = lives });
        }
        else
        {
            savingStarted = null;
            HaltBehind(failure);
        }
    }

    private TimeSpan? AgeOfSnapshot() => core?.Snapshot is { LastIncluded.Index.Value: > 0 } newest
        ? TimeSpan.FromMilliseconds(Math.Max(0, view.AppliedTime - newest.Time))
        : null;

    private void TellLargeCapture(long sizeBytes)
    {
        var isLarge = sizeBytes >= options.LargeCaptureBytes;
        if (isLarge && !hasToldLarge)
        {
            Log.LargeCapture(logger, Key, sizeBytes);
        }

        if (isLarge || hasToldLarge)
        {
            hasToldLarge = isLarge;
            host.OnLargeCapture(isLarge ? sizeBytes : null);
        }
    }
}
