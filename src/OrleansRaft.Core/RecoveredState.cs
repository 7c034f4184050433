namespace OrleansRaft.Core;

/// <summary>What a store read back when a replica starts. The state machine has already been restored from the snapshot.</summary>
/// <param name="HardState">The term, vote and commit index last written.</param>
/// <param name="Snapshot">The newest complete snapshot; <see cref="SnapshotDescriptor.Initial"/> when there is none.</param>
/// <param name="Entries">
/// The log that the store holds, contiguous. It may begin at or before the snapshot (a kept tail) but leaves no gap after it.
/// </param>
/// <param name="LogStart">The id of the entry before the first of <paramref name="Entries"/>.</param>
public sealed record RecoveredState(HardState HardState, SnapshotDescriptor Snapshot, EntryId LogStart, IReadOnlyList<Entry> Entries)
{
    /// <summary>
    /// The version of the configuration that was in force when the replica's place in the store was made; 0 for the first members of a group.
    /// Whatever the replica hears under a membership that is not younger is meant for a previous incarnation of it, whose log it does not have.
    /// </summary>
    public LogIndex JoinedAfter { get; init; }

    /// <summary>The comparison that found the replica's state wrong in a former life, if no other state has taken its place; zero for none.</summary>
    public LogIndex WrongAt { get; init; }
}
