using OrleansRaft.Core;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Admin;

/// <summary>A page of groups.</summary>
/// <param name="Groups">The groups.</param>
/// <param name="Next">The name after which the next page begins; null on the last page.</param>
public sealed record GroupPage(IReadOnlyList<GroupView> Groups, string? Next);

/// <summary>A group as its replicas describe it at about one moment.</summary>
/// <param name="Group">Its name.</param>
/// <param name="Set">The set it belongs to.</param>
/// <param name="Number">Its number in the set.</param>
/// <param name="Leader">The leader, if one of the newest term answered.</param>
/// <param name="Term">The highest term that any replica told.</param>
/// <param name="Replicas">One for each member, by id.</param>
/// <param name="Configuration">Who belongs to it: the leader's word, or without one the newest that is known.</param>
public sealed record GroupView(
    string Group, string Set, int Number, ReplicaId? Leader, Term Term, IReadOnlyList<ReplicaView> Replicas, Configuration Configuration)
{
    /// <summary>How many voters the group began with.</summary>
    public int InitialVoters { get; init; }

    /// <summary>How the group went on after it had lost its majority; null where it never has.</summary>
    public GroupRecovery? Recovery { get; init; }

    /// <summary>The entries that are never applied, as far as the replicas that answered know.</summary>
    public SkippedEntries Skipped => Replicas.Aggregate(
        SkippedEntries.None, static (known, replica) => replica.Snapshot is { } told ? known.With(told.Skipped) : known);

    /// <summary>The version at which the group's state machine works, as far as the replicas that answered know.</summary>
    public int MachineVersion => Replicas.Select(static replica => replica.Snapshot?.MachineVersion ?? 0).Append(MachineVersions.Initial).Max();
}

/// <summary>One member of a group.</summary>
/// <param name="Replica">Its id.</param>
/// <param name="Silo">The name of the silo that hosts it; null when none does, or none that can be reached.</param>
/// <param name="Address">The address of that silo; null likewise.</param>
/// <param name="Snapshot">What it says of itself; null when it did not answer.</param>
/// <param name="Problem">Why it did not answer, in a sentence; empty when it did.</param>
public sealed record ReplicaView(ReplicaId Replica, string? Silo, string? Address, ReplicaStatus? Snapshot, string Problem);

/// <summary>Whether a silo is ready to serve.</summary>
/// <param name="IsReady">Whether it has joined, reaches its stores, and its replicas have caught up.</param>
/// <param name="Detail">A sentence to read.</param>
public sealed record RaftReadiness(bool IsReady, string Detail);
