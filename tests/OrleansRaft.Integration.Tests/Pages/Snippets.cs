using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansRaft.Counters;
using OrleansRaft.Counters.Web;
using OrleansRaft.Lab;
using OrleansRaft.PostgreSql;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Server;

namespace OrleansRaft.Integration.Tests.Pages;

/// <summary>
/// The lines of code that pages show and no sample holds. They compile; a test compares them with the pages, and nothing runs them.
/// </summary>
internal static class Snippets
{
    public static async Task StateMachines(HostApplicationBuilder builder, IGrainFactory grains, string requestId)
    {
        builder.UseOrleans(silo => silo
            .AddRaft(raft => raft.UseMemory())
            .AddRaftStateMachine<AccountCommand, decimal, Account>("accounts", groups: 64, replicas: 3));

        Outcome<decimal> balance = await grains.GetRaftGroup<AccountCommand, decimal>("accounts", "alice").SubmitAsync(new Deposit(10), requestId);
        Console.WriteLine(balance);
    }

    public static void PostgreSql(ISiloBuilder silo, string connectionString, string first, string second, string third)
    {
        silo.AddRaft(raft => raft.UsePostgreSql(connectionString));             // makes its tables, and those of Orleans' providers
        silo.AddRaft(raft => raft.UsePostgreSql(first, second, third));         // replica k of a group logs to server (k - 1) mod 3

        silo.UseAdoNetClustering(o => { o.Invariant = "Npgsql"; o.ConnectionString = PostgreSqlSchema.ForOrleans(connectionString); });
    }

    public static void Sqlite(ISiloBuilder silo) =>
        silo.AddRaft(raft => raft.UseSqlite("./data"));

    public static void Server(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering()
            .AddRaft(raft => raft.UseSqlite("data"))
            .AddRaftStateMachine<AccountCommand, decimal, Account>("accounts", groups: 16));
        builder.Services.AddOrleansRaftServer(builder.Configuration);

        var app = builder.Build();
        app.MapOrleansRaft();
        app.Run();
    }

    public static void CountersWeb(WebApplicationBuilder builder)
    {
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering()
            .AddRaft(raft => raft.UseSqlite("data"))
            .AddRaftCounters(groups: 16));
        builder.Services.AddOrleansRaftServer(builder.Configuration);

        var app = builder.Build();
        app.MapOrleansRaft();
        app.MapCounters();
        app.Run();
    }

    public static async Task Counters(IGrainFactory grains)
    {
        var visits = grains.GetRaftGroup<CounterCommand, CounterResult>(CounterMachine.SetName, new CounterKey("acme", "visits").ToString());

        if (await visits.SubmitAsync(new IncrementCounter(5)) is Committed<CounterResult> { Value: CounterValue counter })
        {
            Console.WriteLine($"{counter.Value}, last changed at log index {counter.Index}");
        }
    }

    public static async Task Client(string requestId)
    {
        using var host = new HostBuilder()
            .UseOrleansClient(client => client.UseStaticClustering(new IPEndPoint(IPAddress.Loopback, 30000)))
            .Build();
        await host.StartAsync();

        var visits = host.Services.GetRequiredService<IClusterClient>().GetRaftGroup<CounterCommand, CounterResult>("counters", "acme/visits");
        Outcome<CounterResult> outcome = await visits.SubmitAsync(new IncrementCounter(1), requestId);
        Console.WriteLine(outcome);
    }

    public static void Lab(ICommandCodec<AccountCommand> commands, ICommandCodec<decimal> results)
    {
        using var cluster = new LabCluster(new LabOptions
        {
            Nodes = 5,
            Seed = 42,
            Raft = new RaftOptions { QuiesceTicks = 0, RoundBytesMin = 0 },
            StateMachine = (_, _) => new StateMachineHost<AccountCommand, decimal>(new Account(), commands, results),
        });

        cluster.RunUntil(() => cluster.LeaderOf("group-0") is not null, TimeSpan.FromSeconds(5));

        var leader = cluster.LeaderOf("group-0")!;
        cluster.Network.Isolate(leader.Node.Index);
        cluster.Run(TimeSpan.FromSeconds(2));
        cluster.Heal();
    }

    public static async Task Driver(
        ReplicaKey key,
        RaftOptions options,
        IStateMachineHost machine,
        IReplicaTransport transport,
        IReplicaHost host,
        RaftMetrics metrics,
        ILogger logger,
        ulong seed,
        ILogStore store,
        IReadOnlyList<ReadOnlyMemory<byte>> envelopes,
        CancellationToken cancellation)
    {
        var driver = new ReplicaDriver(key, options, machine, transport, host, TimeProvider.System, metrics, logger, seed);
        IReplicaLog log = await store.OpenAsync(key, driver.LogEvents, cancellation);
        driver.Start(log);                       // on the host's turn, from here on
        driver.Tick();                           // any thread; the host calls Run() when asked to by Schedule()
        ReplyBatch answers = await driver.SubmitAsync(envelopes);
        Console.WriteLine(answers);
    }

    internal sealed class LargeAccounts
    {
        private readonly KeyedState accounts = new();

        public IStateView TakeView() => accounts.View();              // costs the same for any size
        public void Restore(Stream snapshot) => accounts.Restore(snapshot);
    }
}
