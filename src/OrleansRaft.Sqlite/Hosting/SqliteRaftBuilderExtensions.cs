using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansRaft;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Sqlite;

namespace Orleans.Hosting;

/// <summary>Chooses SQLite as a silo's log store.</summary>
public static class SqliteRaftBuilderExtensions
{
    /// <summary>Keeps the logs of this silo's replicas in a file in a directory.</summary>
    /// <param name="builder">The silo's Raft.</param>
    /// <param name="directory">The directory; made when it is missing.</param>
    public static RaftBuilder UseSqlite(this RaftBuilder builder, string directory) =>
        builder.UseSqlite(new SqliteStoreOptions { Directory = directory });

    /// <summary>Keeps the logs of this silo's replicas in a file.</summary>
    /// <param name="builder">The silo's Raft.</param>
    /// <param name="options">Where.</param>
    public static RaftBuilder UseSqlite(this RaftBuilder builder, SqliteStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);
        return builder.UseStore(nameof(UseSqlite), services => SqliteLogStore.Open(
            options,
            services.GetService<TimeProvider>() ?? TimeProvider.System,
            services.GetRequiredService<ILogger<SqliteLogStore>>(),
            services.GetService<AlarmBoard>()));
    }
}
