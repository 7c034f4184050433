using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using OrleansRaft.Core;
using OrleansRaft.PostgreSql;
using OrleansRaft.Runtime;
using OrleansRaft.Server;

namespace OrleansRaft.RollingUpgrade;

/// <summary>
/// A silo of the application, which says and writes the former feature level in its former build. It takes those options of <c>oraft serve</c> that
/// tests give its silos, and serves counters as <c>oraft</c> does, so that their load and their checks are at home here, too.
/// </summary>
internal static class CounterSilo
{
    /// <summary>The set of groups that keeps the counters.</summary>
    public const string Set = "counters";

#if NEWER
    private const int LevelMax = FeatureLevels.Newest;
#else
    private const int LevelMax = FeatureLevels.Newest - 1;
#endif

    private const string Counter = "/api/v1/tenants/{tenant}/counters/{counter}";

    /// <summary>Runs one until it is told to stop.</summary>
    /// <param name="arguments">Options, each with its value.</param>
    public static async Task RunAsync(string[] arguments)
    {
        var options = arguments.Chunk(2).ToLookup(static pair => pair[0], static pair => pair[1]);
        string One(string name) => options[name].Single();
        int Number(string name) => int.Parse(One(name), CultureInfo.InvariantCulture);

        var builder = WebApplication.CreateBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Warning).AddFilter("OrleansRaft", LogLevel.Information)
            .AddSimpleConsole(static console => console.SingleLine = true);
        builder.WebHost.UseUrls(One("--http"));
        builder.UseOrleans(silo => silo
            .UseAdoNetClustering(membership =>
                (membership.Invariant, membership.ConnectionString) = ("Npgsql", PostgreSqlSchema.ForOrleans(One("--postgres"))))
            .Configure<SiloOptions>(named => named.SiloName = One("--silo-name"))
            .Configure<ClusterOptions>(cluster => cluster.ClusterId = cluster.ServiceId = One("--cluster-id"))
            .Configure<EndpointOptions>(ends =>
            {
                ends.AdvertisedIPAddress = IPAddress.Parse(One("--silo-address"));
                (ends.SiloPort, ends.GatewayPort) = (Number("--silo-port"), Number("--gateway-port"));
            })
            .AddRaft(
                raft => raft.UsePostgreSql(new PostgreSqlStoreOptions { ConnectionStrings = [One("--postgres")], SiloName = One("--silo-name") }))
            .AddRaftStateMachine<Change, long, CounterMachine>(Set, Number("--groups")));
        builder.Services.Configure<RaftOptions>(static raft => raft.LevelMax = LevelMax);
        builder.Services.AddOrleansRaftServer(builder.Configuration, static server => server.Dashboard = false);
        await using var application = builder.Build();
        application.MapOrleansRaft();
        Map(application);
        await application.RunAsync();
    }

    private static void Map(WebApplication application)
    {
        var grains = application.Services.GetRequiredService<IGrainFactory>();
        RaftGroup<Change, long> GroupOf(string tenant, string counter) => grains.GetRaftGroup<Change, long>(Set, $"{tenant}/{counter}");

        application.MapPost(Counter + "/increment", async (string tenant, string counter, HttpRequest request) =>
            Answer(await GroupOf(tenant, counter).SubmitAsync(new Change(1), IdOf(request), request.HttpContext.RequestAborted)));
        application.MapGet(Counter, async (string tenant, string counter, CancellationToken cancellation) =>
            Answer(await GroupOf(tenant, counter).QueryAsync(new Change(0), cancellation: cancellation)));
#if NEWER
        application.MapPost(Counter + "/freeze", async (string tenant, string counter, HttpRequest request) =>
            Answer(await GroupOf(tenant, counter).SubmitAsync(new Freeze(), IdOf(request), request.HttpContext.RequestAborted)));
#endif
    }

    private static string? IdOf(HttpRequest request) => request.Headers["Idempotency-Key"];

    private static IResult Answer(Outcome<long> outcome) => outcome switch
    {
        Committed<long> committed => Results.Json(new { value = committed.Value }),
        Rejected<long> { Reason: RejectionReason.RequestIdReused } => Results.Text($"{outcome}", statusCode: StatusCodes.Status409Conflict),
        _ => Results.Text($"{outcome}", statusCode: StatusCodes.Status503ServiceUnavailable),
    };
}
