namespace OrleansRaft.Testbed.Processes;

/// <summary>A group as the HTTP API describes it.</summary>
public sealed record GroupState(string Group, long? Leader, long Term, IReadOnlyList<ReplicaState> Replicas)
{
    /// <summary>The silo that hosts the leader.</summary>
    public string? LeaderSilo => Replicas.FirstOrDefault(replica => replica.Replica == Leader)?.Silo;
}

/// <summary>A replica as the HTTP API describes it.</summary>
public sealed record ReplicaState(
    long Replica, string? Silo, string? Role, long? Term, long? LastIndex, long? CommitIndex, long? AppliedIndex);

/// <summary>What came of a comparison of a group's replicas, as the HTTP API describes it.</summary>
public sealed record ComparisonState(string Group, long Index, string Verdict, string Detail, IReadOnlyList<ComparedReplicaState> Replicas)
{
    /// <summary>Whether every replica made a digest at the same entry: one that was not made proves nothing.</summary>
    public bool IsWhole =>
        Replicas.Count > 0 && Index > 0 && Replicas.All(replica => replica.Digest is { Length: 64 } && replica.DigestIndex == Index);

    /// <summary>Whether all replicas hold the same.</summary>
    public bool IsEqual => IsWhole && Verdict == "equal" && Replicas.Select(static replica => replica.Digest).Distinct().Count() == 1;
}

/// <summary>What one replica made of its state, as the HTTP API describes it.</summary>
public sealed record ComparedReplicaState(long Replica, string? Silo, long? DigestIndex, string? Digest, string? Program, string? Problem);

/// <summary>A page of groups.</summary>
public sealed record GroupListing(IReadOnlyList<GroupState> Groups, string? Next);
