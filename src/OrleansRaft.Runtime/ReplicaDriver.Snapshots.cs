using System.Security.Cryptography;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Runtime;

/// <summary>Snapshots of the state machine (§7): when they are taken, how they are restored, and the digest by which replicas are compared.</summary>
public sealed partial class ReplicaDriver
{
    /// <summary>A capture is followed by at least so many times what it took without another that is made for a digest.</summary>
    private const int DigestPauseFactor = 99;

    private long? savingStarted;
    private long snapshotBytes;
    private (EntryId Entry, string? Text) digest;
    private long digestMade;
    private TimeSpan digestTook;

    /// <summary>The replica at this moment, with a digest of its state as it is now. On the host's turn, after <see cref="Start"/>.</summary>
    public ReplicaStatus Inspect() => Snapshot(Digest());

    private ReplicaStatus Snapshot((EntryId Entry, string? Text) of) =>
        new(Key, ReplicaLog.Epoch, ReplicaLog.MaySpeak, Core.Status, of.Text) { DigestIndex = of.Entry.Index };

    /// <summary>The last digest, as long as another would take more of the replica's time than is good for its group.</summary>
    private (EntryId Entry, string? Text) PacedDigest() =>
        digest.Text is not null && time.GetElapsedTime(digestMade) < digestTook * DigestPauseFactor ? digest : Digest();

    /// <summary>A digest of the whole captured state. Costs a capture, so it is kept until another entry is applied.</summary>
    private (EntryId Entry, string? Text) Digest()
    {
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
    /// Takes a snapshot when the log has grown by the threshold, or by the size of the last snapshot where that is more: so at most half of what is written is
    /// snapshots. While one is on its way to a follower the next waits, but not for ever: the log must not grow without limit (scylladb/scylladb#11559).
    /// </summary>
    private void CaptureSnapshot()
    {
        var threshold = Math.Max(options.SnapshotThresholdBytes, snapshotBytes);
        var grown = Core.BytesSinceSnapshot;
        if (grown < threshold
            || savingStarted is not null
            || unreported is not null
            || (Core.IsSendingSnapshot && grown < threshold * options.SnapshotDelayFactor))
        {
            return;
        }

        var entry = machine.AppliedEntry;
        Invariant.Holds(entry.Index == Core.AppliedIndex, "Core and the state machine agree on what was applied when a snapshot is taken");
        savingStarted = time.GetTimestamp();
        var state = machine.Capture();
        snapshotBytes = state.Length;
        Log.SnapshotCaptured(logger, Key, entry, state.Length, time.GetElapsedTime(savingStarted.Value).TotalMilliseconds);
        var snapshot = new SnapshotDescriptor(entry, machine.AppliedTime, Core.ConfigurationAt(entry.Index), state.Length) { Checksum = Crc32C.Compute(state.Span) };
        ReplicaLog.SaveSnapshot(snapshot, state);
    }

    private void OnSnapshotSaved(SnapshotDescriptor snapshot)
    {
        if (savingStarted is { } started)
        {
            metrics.SnapshotDuration.Record(time.GetElapsedTime(started).TotalSeconds);
        }

        savingStarted = null;
        host.OnSnapshot(snapshot.LastIncluded, isInstalled: false);
    }

    private void OnSnapshotLoaded(SnapshotDescriptor snapshot, ReadOnlyMemory<byte> state)
    {
        RestoreMachine(snapshot, state);
        Log.SnapshotRestored(logger, Key, snapshot.LastIncluded, state.Length);
        unreported = snapshot.LastIncluded.Index;
        host.OnSnapshot(snapshot.LastIncluded, isInstalled: true);
        ReportApplied();
    }

    /// <summary>A state machine that is not exactly at its snapshot would lose entries or apply them twice (lni/dragonboat#156), so it is refused.</summary>
    private void RestoreMachine(SnapshotDescriptor snapshot, ReadOnlyMemory<byte> state)
    {
        if (snapshot.Checksum is { } checksum && checksum != Crc32C.Compute(state.Span))
        {
            throw new CorruptDataException(
                $"The snapshot of {Key} through {snapshot.LastIncluded} does not match its checksum. It is damaged; replace the replica as a member.");
        }

        machine.Restore(state);
        snapshotBytes = state.Length;
        digest = default;
        if (machine.AppliedEntry != snapshot.LastIncluded)
        {
            throw new CorruptDataException(
                $"The state machine of {Key} is at {machine.AppliedEntry} after it was restored from a snapshot of {snapshot.LastIncluded}. "
                + "The snapshot is damaged or the state machine is wrong; replace the replica as a member, or run the program that wrote the snapshot.");
        }
    }
}
