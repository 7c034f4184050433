using OrleansRaft.Core;

namespace OrleansRaft.Runtime;

/// <summary>A replica at one moment, for people.</summary>
/// <param name="Key">Which.</param>
/// <param name="Epoch">The epoch under which it writes.</param>
/// <param name="MaySpeak">Whether it holds the right to speak.</param>
/// <param name="Status">What Core says.</param>
/// <param name="Digest">A digest of the whole state at <see cref="DigestIndex"/>, sessions included, in lower-case hexadecimal; null when none was
/// made.</param>
public sealed record ReplicaStatus(ReplicaKey Key, long Epoch, bool MaySpeak, RaftStatus Status, string? Digest)
{
    /// <summary>
    /// The entry up to which the state was applied when its digest was made: only digests of one index can be compared. Zero without a digest.
    /// </summary>
    public LogIndex DigestIndex { get; init; }

    /// <summary>The entry at which the state machine is halted; null when it is not, or not by an entry.</summary>
    public EntryId? HaltedAt { get; init; }

    /// <summary>Why the state machine is halted, in a sentence; null when it is not.</summary>
    public string? HaltCause { get; init; }

    /// <summary>The version of the state machine that is in force in the group, as far as this replica knows what is committed.</summary>
    public int MachineVersion { get; init; } = MachineVersions.Initial;

    /// <summary>The versions of the state machine that the replica's program supports.</summary>
    public MachineVersions MachineVersions { get; init; } = MachineVersions.First;

    /// <summary>Whether the replica's program is too old for the version in force, or cannot read an entry: then it serves nothing.</summary>
    public bool IsVersionBehind { get; init; }

    /// <summary>
    /// How much of the group's time has passed between the end of the newest snapshot and the last applied entry: what a replica that starts applies
    /// again. Null without a snapshot.
    /// </summary>
    public TimeSpan? SnapshotAge { get; init; }

    /// <summary>How many bytes the state has; null when its state machine does not say.</summary>
    public long? StateBytes { get; init; }

    /// <summary>How many keys the state has; null when its state machine does not say.</summary>
    public long? StateKeys { get; init; }

    /// <summary>The entries of the group that are never applied, as far as this replica knows.</summary>
    public SkippedEntries Skipped { get; init; } = SkippedEntries.None;
}
