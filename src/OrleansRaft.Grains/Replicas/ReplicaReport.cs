using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Replicas;

/// <summary>A <see cref="ReplicaStatus"/> between silos.</summary>
[GenerateSerializer, Immutable, Alias("raft-replica-report")]
internal sealed record ReplicaReport(
    [property: Id(0)] ReplicaName Name,
    [property: Id(1)] long Epoch,
    [property: Id(2)] bool MaySpeak,
    [property: Id(3)] string? Digest,
    [property: Id(4)] RaftRole Role,
    [property: Id(5)] long Term,
    [property: Id(6)] long VotedFor,
    [property: Id(7)] long CommitIndex,
    [property: Id(8)] long Leader,
    [property: Id(9)] long LastTerm,
    [property: Id(10)] long LastIndex,
    [property: Id(11)] long DurableIndex,
    [property: Id(12)] long AppliedIndex,
    [property: Id(13)] byte[] Snapshot,
    [property: Id(14)] byte[] Configuration,
    [property: Id(15)] ProgressReport[] Progress,
    [property: Id(16)] int TicksSinceLeaderContact,
    [property: Id(17)] long DigestIndex,
    [property: Id(18)] long HaltedTerm,
    [property: Id(19)] long HaltedIndex,
    [property: Id(20)] string? HaltCause,
    [property: Id(21)] long[]? Skipped,
    [property: Id(22)] int MachineVersion,
    [property: Id(23)] int OldestVersion,
    [property: Id(24)] int NewestVersion,
    [property: Id(25)] bool IsVersionBehind,
    [property: Id(26)] long? StateBytes,
    [property: Id(27)] long? StateKeys,
    [property: Id(28)] long? SnapshotAgeMilliseconds,
    [property: Id(29)] TransferReport? Receiving)
{
    /// <summary>Packs a snapshot.</summary>
    public static ReplicaReport Of(ReplicaStatus snapshot)
    {
        var status = snapshot.Status;
        return new ReplicaReport(
            new ReplicaName(snapshot.Key.Group, snapshot.Key.Replica.Value),
            snapshot.Epoch,
            snapshot.MaySpeak,
            snapshot.Digest,
            status.Role,
            status.HardState.CurrentTerm.Value,
            status.HardState.VotedFor?.Value ?? 0,
            status.HardState.CommitIndex.Value,
            status.Leader?.Value ?? 0,
            status.LastEntry.Term.Value,
            status.LastEntry.Index.Value,
            status.DurableIndex.Value,
            status.AppliedIndex.Value,
            SnapshotDescriptorCodec.Encode(status.Snapshot).ToArray(),
            ConfigurationCodec.Encode(status.Configuration).ToArray(),
            [.. status.Progress.Select(ProgressReport.Of)],
            status.TicksSinceLeaderContact,
            snapshot.DigestIndex.Value,
            snapshot.HaltedAt?.Term.Value ?? 0,
            snapshot.HaltedAt?.Index.Value ?? 0,
            snapshot.HaltCause,
            [.. snapshot.Skipped.Indexes.Select(static entry => entry.Value)],
            snapshot.MachineVersion,
            snapshot.MachineVersions.Oldest,
            snapshot.MachineVersions.Newest,
            snapshot.IsVersionBehind,
            snapshot.StateBytes,
            snapshot.StateKeys,
            (long?)snapshot.SnapshotAge?.TotalMilliseconds,
            TransferReport.Of(status.Receiving));
    }

    /// <summary>Unpacks the snapshot.</summary>
    public ReplicaStatus ToSnapshot()
    {
        var id = new ReplicaId(Name.Replica);
        return new ReplicaStatus(
            new ReplicaKey(Name.Group, id),
            Epoch,
            MaySpeak,
            new RaftStatus(
                id,
                Role,
                new HardState(new Term(Term), IdOrNull(VotedFor), new LogIndex(CommitIndex)),
                IdOrNull(Leader),
                new EntryId(new Term(LastTerm), new LogIndex(LastIndex)),
                new LogIndex(DurableIndex),
                new LogIndex(AppliedIndex),
                SnapshotDescriptorCodec.Decode(Snapshot),
                ConfigurationCodec.Decode(Configuration),
                [.. Progress.Select(progress => progress.ToProgress())],
                TicksSinceLeaderContact)
            {
                Receiving = Receiving?.ToTransfer(),
            },
            Digest)
        {
            DigestIndex = new LogIndex(DigestIndex),
            HaltedAt = HaltedIndex == 0 ? null : new EntryId(new Term(HaltedTerm), new LogIndex(HaltedIndex)),
            HaltCause = HaltCause,
            MachineVersion = Math.Max(MachineVersions.Initial, MachineVersion),
            MachineVersions = OldestVersion == 0 ? MachineVersions.First : new MachineVersions(OldestVersion, NewestVersion),
            IsVersionBehind = IsVersionBehind,
            StateBytes = StateBytes,
            StateKeys = StateKeys,
            SnapshotAge = SnapshotAgeMilliseconds is { } age ? TimeSpan.FromMilliseconds(age) : null,
            Skipped = (Skipped ?? []).Aggregate(SkippedEntries.None, static (known, entry) => known.With(new LogIndex(entry))),
        };
    }

    private static ReplicaId? IdOrNull(long value) => value == 0 ? null : new ReplicaId(value);
}

/// <summary>A <see cref="ReplicaProgress"/> between silos.</summary>
[GenerateSerializer, Immutable, Alias("raft-progress-report")]
internal readonly record struct ProgressReport(
    [property: Id(0)] long Replica,
    [property: Id(1)] ProgressState State,
    [property: Id(2)] long MatchIndex,
    [property: Id(3)] long NextIndex,
    [property: Id(4)] bool IsLearner,
    [property: Id(5)] int TicksSinceContact,
    [property: Id(6)] TransferReport? Transfer)
{
    /// <summary>Packs.</summary>
    public static ProgressReport Of(ReplicaProgress progress) => new(
        progress.Replica.Value,
        progress.State,
        progress.MatchIndex.Value,
        progress.NextIndex.Value,
        progress.IsLearner,
        progress.TicksSinceContact,
        TransferReport.Of(progress.Transfer));

    /// <summary>Unpacks.</summary>
    public ReplicaProgress ToProgress() => new(
        new ReplicaId(Replica), State, new LogIndex(MatchIndex), new LogIndex(NextIndex), IsLearner, TicksSinceContact)
    {
        Transfer = Transfer?.ToTransfer(),
    };
}

/// <summary>A <see cref="SnapshotTransfer"/> between silos.</summary>
[GenerateSerializer, Immutable, Alias("raft-transfer-report")]
internal readonly record struct TransferReport([property: Id(0)] long Through, [property: Id(1)] long Bytes, [property: Id(2)] long SizeBytes)
{
    /// <summary>Packs.</summary>
    public static TransferReport? Of(SnapshotTransfer? transfer) =>
        transfer is { } on ? new TransferReport(on.Through.Value, on.Bytes, on.SizeBytes) : null;

    /// <summary>Unpacks.</summary>
    public SnapshotTransfer ToTransfer() => new(new LogIndex(Through), Bytes, SizeBytes);
}
