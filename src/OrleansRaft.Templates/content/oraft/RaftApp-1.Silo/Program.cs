using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansRaft.PostgreSql;
using RaftApp_1.Grains;

var builder = Host.CreateApplicationBuilder(args);

// Orleans tells much: --Logging:LogLevel:Default=Information shows it.
builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Hosting", LogLevel.Information);
var database = builder.Configuration["Database"]; // without one: a single silo, with its logs in a folder
builder.UseOrleans(silo => (database is null
        ? silo.UseLocalhostClustering().AddRaft(raft => raft.UseSqlite("data"))
        : silo.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", PostgreSqlSchema.ForOrleans(database)))
            .AddRaft(raft => raft.UsePostgreSql(database)))
    .AddReplicatedGrains("tallies", groups: 16, grains => grains.Add<Tally>()));
await builder.Build().RunAsync();
