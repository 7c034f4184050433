namespace OrleansRaft.Core;

/// <summary>What a replica is doing (§5.1).</summary>
public enum RaftRole
{
    /// <summary>Follows a leader, or waits for one.</summary>
    Follower = 0,

    /// <summary>Asks whether it could win an election (thesis §9.6).</summary>
    PreCandidate = 1,

    /// <summary>Stands for election.</summary>
    Candidate = 2,

    /// <summary>Leads the group in its term.</summary>
    Leader = 3,
}
