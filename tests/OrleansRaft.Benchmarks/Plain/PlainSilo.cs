using System.CommandLine;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace OrleansRaft.Benchmarks.Plain;

/// <summary>
/// A process with one silo of plain Orleans: AdoNet membership and AdoNet grain storage in PostgreSQL. A hidden command of this program.
/// </summary>
internal static class PlainSilo
{
    public const string Verb = "plain-silo";
    public const string StorageName = "plain";

    private const string Invariant = "Npgsql";

    public static Command Create()
    {
        var postgres = new Option<string>("--postgres") { Required = true };
        var clusterId = new Option<string>("--cluster-id") { Required = true };
        var siloPort = new Option<int>("--silo-port") { Required = true };
        var gatewayPort = new Option<int>("--gateway-port") { Required = true };
        var sets = new Option<string[]>("--set") { DefaultValueFactory = _ => [] };
        var command = new Command(Verb, "One silo of plain Orleans, for comparison.") { postgres, clusterId, siloPort, gatewayPort, sets };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellation) =>
        {
            using var host = Build(
                parsed.GetRequiredValue(postgres),
                parsed.GetRequiredValue(clusterId),
                parsed.GetRequiredValue(siloPort),
                parsed.GetRequiredValue(gatewayPort),
                parsed.GetValue(sets) ?? []);
            await host.RunAsync(cancellation);
        });
        return command;
    }

    private static IHost Build(string postgres, string clusterId, int siloPort, int gatewayPort, string[] sets)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        foreach (var set in sets)
        {
            var pair = set.Split('=', 2);
            builder.Configuration[pair[0]] = pair[1];
        }

        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole();
        builder.UseOrleans(silo => silo
            .UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = (Invariant, postgres))
            .AddAdoNetGrainStorage(StorageName, options => (options.Invariant, options.ConnectionString) = (Invariant, postgres))
            .Configure<ClusterOptions>(options => options.ClusterId = options.ServiceId = clusterId)
            .Configure<ClusterMembershipOptions>(builder.Configuration.GetSection("Orleans:Membership"))
            .ConfigureEndpoints(IPAddress.Loopback, siloPort, gatewayPort));
        return builder.Build();
    }
}
