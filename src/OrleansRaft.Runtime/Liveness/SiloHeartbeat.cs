namespace OrleansRaft.Runtime.Liveness;

/// <summary>
/// What a silo tells every other silo a few times per <see cref="SiloLivenessTable{TSilo}.Tolerance"/>, for all of its quiescent replicas at once.
/// </summary>
/// <param name="Sequence">The heartbeat's number: a later one may overtake it.</param>
/// <param name="Session">The sender's session with the receiver; see <see cref="SiloLiveness"/>.</param>
/// <param name="Stopped">Replicas that recently stopped on the sender, or lead no longer although they are quiescent.</param>
/// <param name="Joined">
/// Replicas without a vote on the sender that recently began to take part, or heard no leader: they cannot ask who leads.
/// </param>
internal sealed record SiloHeartbeat(long Sequence, long Session, IReadOnlyList<ReplicaKey> Stopped, IReadOnlyList<ReplicaKey> Joined);
