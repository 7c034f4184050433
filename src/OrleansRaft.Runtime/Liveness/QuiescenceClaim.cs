namespace OrleansRaft.Runtime.Liveness;

/// <summary>How a replica is quiescent, for a comparison with the other members of its group.</summary>
/// <remarks>Quiescent replicas with equal claims hold equal logs: the same leader, of the same term, told both that the log ends there.</remarks>
/// <param name="Group">Its group.</param>
/// <param name="Leader">The leader that quiesced it; null when it knows none.</param>
/// <param name="Term">That leader's term.</param>
/// <param name="LastIndex">The end of its log; null when it is active or may not speak, so that nobody can rely on it.</param>
internal readonly record struct QuiescenceClaim(string Group, ReplicaId? Leader, Term Term, LogIndex? LastIndex)
{
    /// <summary>Its group; empty in a default value.</summary>
    public string Group { get => field ?? ""; init; } = Group;

    internal static QuiescenceClaim Of(IMonitoredReplica replica) => new(
        replica.Key.Group,
        replica.Role.Leader,
        replica.Role.Term,
        replica.Quiescence is { } quiescence && replica.MaySpeak ? quiescence.LastEntry.Index : null);
}
