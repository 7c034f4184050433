using OrleansRaft.Runtime.Hosting;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql;

/// <summary>Which PostgreSQL servers hold a cluster's logs, and how they are used. Equal on every silo, but for the silo's name.</summary>
public sealed record PostgreSqlStoreOptions
{
    /// <summary>
    /// The servers, in the cluster's order: replica k of a group logs to server (k - 1) mod n. The first also holds the cluster row.
    /// </summary>
    public required IReadOnlyList<string> ConnectionStrings { get; init; }

    /// <summary>The silo's name, for people who look into the lease table.</summary>
    public string SiloName { get; init; } = Environment.MachineName;

    /// <summary>
    /// Which silo this is. Where it is known, a second silo of its name is refused while the first runs, and so are a cluster of one silo and any
    /// other silo on one database. Null registers nothing.
    /// </summary>
    public SiloIdentity? Silo { get; init; }

    /// <summary>The lengths of leases.</summary>
    public LeaseTimes Leases { get; init; } = new();

    /// <summary>How long a statement may take before its outcome counts as unknown and is found out. The default is 5 seconds.</summary>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long start-up waits for the first server when it does not answer yet. The default is for ever (<see cref="Timeout.InfiniteTimeSpan"/>): it
    /// says every few seconds what it waits for, and what cannot pass by itself, such as a wrong password, ends it at once.
    /// </summary>
    public TimeSpan StartTimeout { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// How long start-up waits for each of the further servers before it goes on without it; it is used as soon as it answers. The default is 5
    /// seconds.
    /// </summary>
    public TimeSpan FurtherServersTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// After how long without a statement a connection is asked whether it still works, before the next one: networks forget connections that are
    /// idle, and tell nobody. One that does not answer within half a second is replaced. The default is 1 second.
    /// </summary>
    public TimeSpan ProbeAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Whether a host that starts brings the schema of the first server up to date before Orleans looks for its membership there. The default is
    /// true; the store brings it up to date in any case when it is opened.
    /// </summary>
    public bool MigrateAtStart { get; init; } = true;

    /// <summary>
    /// Whether servers with <c>full_page_writes = off</c> are accepted: only where their file system never leaves a page half written. The default is
    /// false: they are refused.
    /// </summary>
    public bool AllowTornPages { get; init; }

    /// <summary>The most replicas in one statement. The default is 1,000.</summary>
    public int BatchReplicasMax { get; init; } = 1_000;

    /// <summary>The most bytes of entries in one statement, unless a single write has more. The default is 4 MiB.</summary>
    public long BatchBytesMax { get; init; } = 4 * 1024 * 1024;
}
