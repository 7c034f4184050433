using Microsoft.Extensions.Logging.Abstractions;
using OrleansRaft.PostgreSql;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Sqlite;

namespace OrleansRaft.CrashWriter;

/// <summary>The stores that the history is written to.</summary>
public static class CrashStores
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>The replica that is written.</summary>
    public static ReplicaKey Key { get; } = new("crash-0", new ReplicaId(1));

    /// <summary>Opens a store, or makes it.</summary>
    /// <param name="kind">sqlite or postgres.</param>
    /// <param name="place">A directory, or a connection string.</param>
    public static async Task<ILogStore> OpenAsync(string kind, string place)
    {
        ILogStore store = kind == "sqlite"
            ? SqliteLogStore.Open(new SqliteStoreOptions { Directory = place }, TimeProvider.System, NullLogger.Instance)
            : new PostgreSqlLogStore(
                new PostgreSqlStoreOptions { ConnectionStrings = [place], StatementTimeout = Patience, StartTimeout = Patience },
                TimeProvider.System,
                NullLogger.Instance);
        await store.InitializeAsync(new ClusterDefinition("crash", [new GroupSet("crash", 1, 1)], 1, []), CancellationToken.None);
        return store;
    }
}
