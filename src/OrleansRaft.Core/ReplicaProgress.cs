namespace OrleansRaft.Core;

/// <summary>How a leader sends to one follower.</summary>
public enum ProgressState
{
    /// <summary>One message at a time, to find where the logs match.</summary>
    Probe = 0,

    /// <summary>Pipelined, within the window.</summary>
    Replicate = 1,

    /// <summary>Receiving a snapshot.</summary>
    Snapshot = 2,
}

/// <summary>What a leader knows of one member, for display.</summary>
/// <param name="Replica">Which.</param>
/// <param name="State">How the leader sends to it.</param>
/// <param name="MatchIndex">The last entry known to be durable there.</param>
/// <param name="NextIndex">The next entry to send.</param>
/// <param name="IsLearner">Whether it has no vote.</param>
/// <param name="TicksSinceContact">Ticks since its last answer.</param>
public sealed record ReplicaProgress(
    ReplicaId Replica, ProgressState State, LogIndex MatchIndex, LogIndex NextIndex, bool IsLearner, int TicksSinceContact)
{
    /// <summary>The snapshot that the member is sent; null unless <see cref="State"/> is <see cref="ProgressState.Snapshot"/>.</summary>
    public SnapshotTransfer? Transfer { get; init; }
}
