namespace OrleansRaft.Core;

/// <summary>One replica as its group's configuration knows it.</summary>
/// <param name="Id">The replica's name within the group.</param>
/// <param name="Session">
/// The index of the entry that added it (0 for the first members). A replica that is removed and added again has another session,
/// so that answers of its past are told apart.
/// </param>
/// <param name="Priority">Members of a lower priority wait one election timeout longer before they stand; 0 is the usual priority.</param>
/// <param name="Store">The id of the local store that holds the replica, when it cannot move; empty when any silo may host it.</param>
/// <param name="PromotesWhenCaughtUp">Whether the leader makes this learner a voter by itself once it has caught up (thesis §4.2.1).</param>
public sealed record Member(ReplicaId Id, LogIndex Session, int Priority = 0, string Store = "", bool PromotesWhenCaughtUp = false);
