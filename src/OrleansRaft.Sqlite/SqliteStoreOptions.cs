using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Sqlite;

/// <summary>Where a silo keeps its logs in a local file.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>The directory that holds <c>raft.db</c> and its lock; made when it is missing. One process at a time.</summary>
    public required string Directory { get; init; }

    /// <summary>The lengths of leases; here only the margin matters, by which a successor waits for a predecessor within the same process.</summary>
    public LeaseTimes Leases { get; init; } = new();
}
