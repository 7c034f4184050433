namespace OrleansRaft.Core;

/// <summary>A replica at one moment, for display and for tests.</summary>
/// <param name="Id">Which replica.</param>
/// <param name="Role">What it is doing.</param>
/// <param name="HardState">Its term, vote and commit index, not necessarily durable yet.</param>
/// <param name="Leader">The leader it knows, if any.</param>
/// <param name="LastEntry">The end of its log.</param>
/// <param name="DurableIndex">The last entry that is durable here.</param>
/// <param name="AppliedIndex">The last entry that the state machine holds.</param>
/// <param name="Snapshot">Its newest snapshot.</param>
/// <param name="Configuration">The configuration in force.</param>
/// <param name="Progress">What a leader knows of the other members; empty elsewhere.</param>
/// <param name="TicksSinceLeaderContact">Ticks since a follower heard from its leader.</param>
public sealed record RaftStatus(
    ReplicaId Id,
    RaftRole Role,
    HardState HardState,
    ReplicaId? Leader,
    EntryId LastEntry,
    LogIndex DurableIndex,
    LogIndex AppliedIndex,
    SnapshotDescriptor Snapshot,
    Configuration Configuration,
    IReadOnlyList<ReplicaProgress> Progress,
    int TicksSinceLeaderContact)
{
    /// <summary>Ticks since its election timer was reset.</summary>
    public int ElectionTicks { get; init; }

    /// <summary>The election timeout that is running, in ticks.</summary>
    public int ElectionTimeoutTicks { get; init; }

    /// <summary>The snapshot of which the replica has received a part, and which it goes on with when its leader does; null for none.</summary>
    public SnapshotTransfer? Receiving { get; init; }
}
