namespace OrleansRaft.Testbed.Processes;

/// <summary>A group as the HTTP API describes it.</summary>
public sealed record GroupState(string Group, long? Leader, long Term, IReadOnlyList<ReplicaState> Replicas)
{
    /// <summary>The silo that hosts the leader.</summary>
    public string? LeaderSilo => Replicas.FirstOrDefault(replica => replica.Replica == Leader)?.Silo;
}

/// <summary>A replica as the HTTP API describes it.</summary>
public sealed record ReplicaState(
    long Replica, string? Silo, string? Role, long? Term, long? LastIndex, long? CommitIndex, long? AppliedIndex, string? Digest, long? DigestIndex);

/// <summary>A page of groups.</summary>
public sealed record GroupListing(IReadOnlyList<GroupState> Groups, string? Next);
