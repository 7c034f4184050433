using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql;

/// <summary>Which PostgreSQL servers hold a cluster's logs, and how they are used. Equal on every silo, but for the silo's name.</summary>
public sealed record PostgreSqlStoreOptions
{
    /// <summary>The servers, in the cluster's order: replica k of a group logs to server (k - 1) mod n. The first also holds the cluster row.</summary>
    public required IReadOnlyList<string> ConnectionStrings { get; init; }

    /// <summary>The silo's name, for people who look into the lease table.</summary>
    public string SiloName { get; init; } = Environment.MachineName;

    /// <summary>The lengths of leases.</summary>
    public LeaseTimes Leases { get; init; } = new();

    /// <summary>How long a statement may take before its outcome counts as unknown and is found out. The default is 5 seconds.</summary>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long start-up waits for a server that does not answer yet. The default is 5 seconds.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The most replicas in one statement. The default is 1,000.</summary>
    public int BatchReplicasMax { get; init; } = 1_000;

    /// <summary>The most bytes of entries in one statement, unless a single write has more. The default is 4 MiB.</summary>
    public long BatchBytesMax { get; init; } = 4 * 1024 * 1024;
}
