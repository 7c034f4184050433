using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansRaft;
using OrleansRaft.PostgreSql;
using OrleansRaft.PostgreSql.Hosting;
using OrleansRaft.PostgreSql.Internal;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.Hosting;

namespace Orleans.Hosting;

/// <summary>Chooses PostgreSQL as a silo's log store.</summary>
public static class PostgreSqlRaftBuilderExtensions
{
    /// <summary>
    /// Keeps logs in PostgreSQL. When the host starts, the first database gets its tables before Orleans looks for its membership there.
    /// </summary>
    /// <param name="builder">The silo's Raft.</param>
    /// <param name="connectionStrings">The servers, in the cluster's order: replica k of a group logs to server (k - 1) mod n.</param>
    /// <exception cref="ArgumentException">One cannot be read; the message says what one looks like.</exception>
    public static RaftBuilder UsePostgreSql(this RaftBuilder builder, params string[] connectionStrings) =>
        builder.UsePostgreSql(new PostgreSqlStoreOptions { ConnectionStrings = connectionStrings });

    /// <summary>Keeps logs in PostgreSQL.</summary>
    /// <param name="builder">The silo's Raft.</param>
    /// <param name="options">Which servers, and how they are used.</param>
    /// <exception cref="ArgumentException">A connection string cannot be read; the message says what one looks like.</exception>
    public static RaftBuilder UsePostgreSql(this RaftBuilder builder, PostgreSqlStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);
        foreach (var connectionString in options.ConnectionStrings)
        {
            Connections.Require(connectionString);
        }

        builder.Services.Configure<StoreTopology>(topology => topology.Servers = options.ConnectionStrings.Count);
        builder.Services.AddSingleton<IHostedService>(
            services => new SchemaMigration(options, services.GetRequiredService<ILogger<PostgreSqlLogStore>>()));
        return builder.UseStore(nameof(UsePostgreSql), services => new PostgreSqlLogStore(
            services.GetService<SiloIdentity>() is { } silo && options.Silo is null ? options with { Silo = silo, SiloName = silo.Name } : options,
            services.GetService<TimeProvider>() ?? TimeProvider.System,
            services.GetRequiredService<ILogger<PostgreSqlLogStore>>(),
            services.GetService<AlarmBoard>()));
    }
}
