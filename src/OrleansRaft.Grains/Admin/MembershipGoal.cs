using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.Admin;

/// <summary>What is wanted of a group's members: <see cref="AddMember"/>, <see cref="RemoveMember"/> or <see cref="ResizeGroup"/>.</summary>
public abstract record MembershipGoal
{
    /// <summary>
    /// The most voters that a group may be given, on whichever way: each further one makes every write slower, and seven survive the loss of three.
    /// </summary>
    public const int VotersMax = StateMachineRegistration.VotersMax;

    /// <summary>The most replicas without a vote that a group may be given: its leader sends the log to each.</summary>
    public const int LearnersMax = 7;

    private protected MembershipGoal()
    {
    }
}

/// <summary>A further replica, which receives the log before it votes (thesis §4.2.1).</summary>
public sealed record AddMember : MembershipGoal
{
    /// <summary>
    /// Its number; null for the next that was never used. A chosen one is that of a learner that is there, or at most 64 beyond the highest that was
    /// used.
    /// </summary>
    public ReplicaId? Replica { get; init; }

    /// <summary>The voter whose place it takes, in one step through a joint configuration (§6) once it has caught up; null for none.</summary>
    public ReplicaId? Replaces { get; init; }

    /// <summary>Whether it stays without a vote.</summary>
    public bool AsLearner { get; init; }

    /// <summary>The silo whose local store is to hold it; null to choose one. Only where silos have stores of their own.</summary>
    public string? Silo { get; init; }
}

/// <summary>A replica less. A leader hands over first.</summary>
/// <param name="Replica">Which.</param>
public sealed record RemoveMember(ReplicaId Replica) : MembershipGoal
{
    /// <summary>Whether the catalogue may be left with fewer voters than it should have.</summary>
    public bool Force { get; init; }
}

/// <summary>So many voters: new replicas are added, or the last ones removed, in one step through a joint configuration (§6).</summary>
/// <param name="Voters">How many.</param>
public sealed record ResizeGroup(int Voters) : MembershipGoal
{
    /// <summary>Whether the catalogue may be left with fewer voters than it should have.</summary>
    public bool Force { get; init; }
}
