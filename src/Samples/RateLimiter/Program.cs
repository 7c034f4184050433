using OrleansRaft.PostgreSql;
using OrleansRaft.Server;
using RateLimiter;

var builder = WebApplication.CreateBuilder(args);
var database = builder.Configuration["Database"]; // without one: a single silo, with its logs in a folder
builder.UseOrleans(silo => (database is null
        ? silo.UseLocalhostClustering().AddRaft(raft => raft.UseSqlite("limiter-data"))
        : silo.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", PostgreSqlSchema.ForOrleans(database)))
            .AddRaft(raft => raft.UsePostgreSql(database)))
    .AddReplicatedGrains("limits", groups: 16, grains => grains.Add<Limit>()));
builder.Services.AddOrleansRaftServer(builder.Configuration);

var app = builder.Build();
app.MapOrleansRaft(); // the page of the cluster, its health and its API
app.MapLimits();
app.Run();
