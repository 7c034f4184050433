using OrleansRaft.Core;

namespace OrleansRaft.Runtime;

/// <summary>The state of a group as one of its replicas held it when the group's leader had confirmed that nothing newer was acknowledged.</summary>
/// <param name="Snapshot">
/// What the state is; <see cref="SnapshotDescriptor.SizeBytes"/> is the size of the replica's last snapshot, about what it will be.
/// </param>
/// <param name="View">The state; whoever gets it disposes it.</param>
internal sealed record ViewedState(SnapshotDescriptor Snapshot, IStateView View);

/// <summary>The answer to <see cref="ReplicaDriver.ViewStateAsync"/>.</summary>
/// <param name="Reply">How it ended.</param>
/// <param name="State">The state, if it is committed; null otherwise.</param>
internal sealed record StateAnswer(Reply Reply, ViewedState? State);
