namespace OrleansRaft.Core;

/// <summary>What a change does to one replica.</summary>
internal enum MemberChangeKind
{
    /// <summary>
    /// Adds the replica as a voter, or makes a learner a voter. It counts at once, but one that joins an existing group gives no vote before its log
    /// reaches this change: let it catch up as a learner first, or a group that loses its leader meanwhile may lack a majority.
    /// </summary>
    AddVoter = 0,

    /// <summary>Adds the replica as a learner, or takes a voter's vote away.</summary>
    AddLearner = 1,

    /// <summary>Takes the replica out of the group.</summary>
    Remove = 2,

    /// <summary>Adds the replica as a learner, which the leader makes a voter once it has caught up: the gentle way to add a voter.</summary>
    AddVoterWhenCaughtUp = 3,
}

/// <summary>One step of a configuration change.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Replica">To whom.</param>
/// <param name="Priority">The election priority of a replica that is added.</param>
/// <param name="Store">The local store that a replica that is added is bound to; empty for none.</param>
internal sealed record MemberChange(MemberChangeKind Kind, ReplicaId Replica, int Priority = 0, string Store = "");
