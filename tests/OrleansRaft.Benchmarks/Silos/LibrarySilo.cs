using System.CommandLine;
using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using OrleansRaft.Benchmarks.Failover;
using OrleansRaft.Benchmarks.Large;
using OrleansRaft.Benchmarks.Replicated;
using OrleansRaft.Benchmarks.Slow;
using OrleansRaft.Benchmarks.Users;
using OrleansRaft.Counters;
using OrleansRaft.PostgreSql;

namespace OrleansRaft.Benchmarks.Silos;

/// <summary>
/// A silo that hosts groups of this library, a plain grain with its state in the same PostgreSQL, and a state machine that takes its time. A process
/// of its own, made to be killed.
/// </summary>
internal static class LibrarySilo
{
    public const string Verb = "library-silo";
    public const int Groups = 16;

    /// <summary>The setting of a silo that hosts one group of counters and one of a large state, and nothing else of ours.</summary>
    public const string OnlyLarge = "only=large";

    private static readonly Argument<string[]> Settings = new("settings") { Description = "KEY=VALUE, as for the silo's configuration." };

    /// <summary>Makes the command, which only the benchmark itself calls.</summary>
    public static Command Create()
    {
        var command = new Command(Verb, "One silo of a benchmark.") { Settings };
        command.Hidden = true;
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(Settings) ?? [], cancellation));
        return command;
    }

    private static async Task RunAsync(string[] settings, CancellationToken cancellation)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection(
            settings.Select(setting => setting.Split('=', 2)).Select(pair => KeyValuePair.Create(pair[0], (string?)pair[1])));
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        var postgres = Required(builder.Configuration, "postgres");
        var name = Required(builder.Configuration, "name");
        builder.UseOrleans(silo => silo
            .Configure<ClusterOptions>(options => options.ClusterId = options.ServiceId = Required(builder.Configuration, "cluster"))
            .Configure<SiloOptions>(options => options.SiloName = name)
            .Configure<ClusterMembershipOptions>(builder.Configuration.GetSection("Orleans:Membership"))
            .ConfigureEndpoints(IPAddress.Loopback, Port(builder.Configuration, "silo-port"), Port(builder.Configuration, "gateway-port"))
            .UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", postgres))
            .AddAdoNetGrainStorage(FailoverCounter.Storage, options => (options.Invariant, options.ConnectionString) = ("Npgsql", postgres))
            .AddRaft(raft => raft.UsePostgreSql(new PostgreSqlStoreOptions { ConnectionStrings = [postgres], SiloName = name }))
            .AddSets(builder.Configuration));

        using var stalls = builder.Configuration["only"] == "large" ? new StallWatch() : null;
        if (stalls is not null)
        {
            builder.Services.AddSingleton(stalls);
        }

        await PostgreSqlSchema.MigrateAsync(postgres, cancellation: cancellation);
        await builder.Build().RunAsync(cancellation);
    }

    private static ISiloBuilder AddSets(this ISiloBuilder silo, ConfigurationManager configuration) =>
        configuration["only"] == "large" && configuration[Filler.Set] is not null
            ? silo.AddReplicatedGrains(Filler.Set, groups: 1, static grains => grains.Add<Filler>())
        : configuration["only"] == "large"
            ? silo.AddRaftCounters(1).AddRaftStateMachine<LargeCommand, long, LargeMachine>(LargeMachine.SetName, groups: 1)
        : configuration.GetValue<int>(UserCounterMachine.SetName) is > 0 and var groups
            ? silo.AddRaftCounters(groups).AddRaftStateMachine<CounterCommand, CounterResult, UserCounterMachine>(UserCounterMachine.SetName, groups)
        : configuration.GetValue<int>(Tally.Set) is > 0 and var each
            ? silo.AddRaftCounters(each).AddReplicatedGrains(Tally.Set, each, static grains => grains.Add<Tally>())
        : silo.AddRaftCounters(Groups).AddRaftStateMachine<SlowCommand, long, SlowMachine>(SlowMachine.SetName, groups: 1);

    private static string Required(IConfiguration configuration, string key) =>
        configuration[key] ?? throw new ArgumentException($"{Verb} needs {key}=...; run `failover` or `slow`, which start it.");

    private static int Port(IConfiguration configuration, string key) =>
        int.Parse(Required(configuration, key), System.Globalization.CultureInfo.InvariantCulture);
}
