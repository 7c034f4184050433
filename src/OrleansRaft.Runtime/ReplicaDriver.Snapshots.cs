using System.Security.Cryptography;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.Machines;

namespace OrleansRaft.Runtime;

/// <summary>Snapshots of the state machine (§7): when they are taken, how they are restored, and the digest by which replicas are compared.</summary>
public sealed partial class ReplicaDriver
{
    /// <summary>A capture is followed by at least so many times what it took without another that is made for a digest.</summary>
    private const int DigestPauseFactor = 99;

    private long? savingStarted;
    private long snapshotBytes;
    private LogIndex captureWanted;
    private (EntryId Entry, string? Text) digest;
    private long digestMade;
    private TimeSpan digestTook;

    /// <summary>The replica at this moment, with a digest of its state as it is now. On the host's turn, after <see cref="Start"/>.</summary>
    public ReplicaStatus Inspect() => Snapshot(Digest());

    private ReplicaStatus Snapshot((EntryId Entry, string? Text) of) =>
        new(Key, ReplicaLog.Epoch, ReplicaLog.MaySpeak, Core.Status, of.Text)
        {
            DigestIndex = of.Entry.Index,
            HaltedAt = halt?.Entry,
            HaltCause = halt?.Cause,
            Skipped = Core.Skipped,
        };

    /// <summary>
    /// Answers with a digest: with the last one, as long as another would take more of the replica's time than is good for its group.
    /// </summary>
    private void AnswerWithDigest(TaskCompletionSource<ReplicaStatus> source)
    {
        var isPaced = digest.Text is not null && time.GetElapsedTime(digestMade) < digestTook * DigestPauseFactor;
        if (isPaced || worker is null || !HasState || digest.Entry == view.AppliedEntry)
        {
            source.SetResult(Snapshot(isPaced ? digest : Digest()));
            return;
        }

        worker.Post(new DigestJob(text => source.TrySetResult(Snapshot(text is null ? default : digest))) { Life = lives });
    }

    /// <summary>A digest of the whole captured state. Costs a capture, so it is kept until another entry is applied.</summary>
    private (EntryId Entry, string? Text) Digest()
    {
        if (!HasState)
        {
            return default;
        }

        if (digest.Text is null || digest.Entry != machine.AppliedEntry)
        {
            var started = time.GetTimestamp();
            digest = (machine.AppliedEntry, Convert.ToHexStringLower(SHA256.HashData(machine.Capture().Span)));
            digestMade = time.GetTimestamp();
            digestTook = time.GetElapsedTime(started, digestMade);
        }

        return digest;
    }

    /// <summary>
    /// Takes a snapshot when the log has grown by the threshold, or by the size of the last snapshot where that is more: so at most half of what is
    /// written is snapshots. While one is on its way to a follower the next waits, but not for ever: the log must not grow without limit
    /// (scylladb/scylladb#11559).
    /// </summary>
    private void CaptureSnapshot()
    {
        var threshold = Math.Max(options.SnapshotThresholdBytes, snapshotBytes);
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
            isCapturing = worker.Post(new CaptureJob { Life = lives });
            return;
        }

        try
        {
            SaveSnapshot(view, machine.Capture());
        }
        catch (MachineException failure)
        {
            savingStarted = null;
            HaltBehind(failure);
        }
    }

    private void SaveSnapshot(in MachineView of, ReadOnlyMemory<byte> state)
    {
        var entry = of.AppliedEntry;
        Invariant.Holds(entry.Index <= Core.AppliedIndex, "Core knows what was applied when a snapshot is taken");
        snapshotBytes = state.Length;
        Log.SnapshotCaptured(logger, Key, entry, state.Length, time.GetElapsedTime(savingStarted!.Value).TotalMilliseconds);
        var snapshot = new SnapshotDescriptor(entry, of.AppliedTime, Core.ConfigurationAt(entry.Index), state.Length)
        {
            Checksum = Crc32C.Compute(state.Span),
            Skipped = stateSkips,
        };
        ReplicaLog.SaveSnapshot(snapshot, state);
    }

    private void OnSnapshotSaved(SnapshotDescriptor snapshot)
    {
        if (savingStarted is { } started)
        {
            metrics.SnapshotDuration.Record(time.GetElapsedTime(started).TotalSeconds);
        }

        savingStarted = null;
        captureWanted = snapshot.LastIncluded.Index >= captureWanted ? LogIndex.Zero : captureWanted;
        host.OnSnapshot(snapshot.LastIncluded, isInstalled: false);
    }
}
