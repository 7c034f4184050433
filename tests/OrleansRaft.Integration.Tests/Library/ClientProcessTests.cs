using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using OrleansRaft.Counters;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Library;

/// <summary>A process that has the client's project and nothing of a silo uses the groups of one.</summary>
public sealed class ClientProcessTests
{
    private const string Cluster = "client-process";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    // In its own folder: beside the tests, it would find their silos.
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory.Replace(
        Path.Combine("tests", "OrleansRaft.Integration.Tests"),
        Path.Combine("tests", "OrleansRaft.ClientProcess"),
        StringComparison.Ordinal), "OrleansRaft.ClientProcess.dll");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void It_has_no_assembly_of_a_silo()
    {
        using var dependencies = JsonDocument.Parse(File.ReadAllBytes(Path.ChangeExtension(Program, ".deps.json")));

        var libraries = dependencies.RootElement.GetProperty("libraries").EnumerateObject().Select(library => library.Name.Split('/')[0]).ToList();

        libraries.ShouldContain("OrleansRaft.Client");
        libraries.ShouldContain("Microsoft.Orleans.Core");
        libraries.ShouldNotContain("OrleansRaft.Grains");
        libraries.ShouldNotContain("Microsoft.Orleans.Server");
        libraries.ShouldNotContain("Microsoft.Orleans.Runtime");
    }

    [Fact]
    public async Task It_submits_commands_to_a_silo_and_a_repeated_one_is_applied_once()
    {
        var gateway = FreePorts.Next();
        using var silo = new HostBuilder()
            .UseOrleans(builder => builder
                .UseLocalhostClustering(FreePorts.Next(), gateway, serviceId: Cluster, clusterId: Cluster)
                .Configure<EndpointOptions>(options => options.AdvertisedIPAddress = IPAddress.Loopback)
                .AddRaft(raft => raft.UseMemory())
                .AddRaftStateMachine<CounterCommand, CounterResult, CounterMachine>(CounterMachine.SetName, groups: 2, replicas: 1))
            .Build();
        await silo.StartAsync(Token).WaitAsync(Patience, Token);

        var first = await RunAsync(gateway, "request-1");
        var repeated = await RunAsync(gateway, "request-1");
        var second = await RunAsync(gateway, "request-2");
        await silo.StopAsync(Token);

        first.ShouldStartWith("1 at ");
        repeated.ShouldBe(first);
        second.ShouldStartWith("2 at ");
    }

    private static async Task<string> RunAsync(int gateway, string requestId)
    {
        await using var program = OraftProcess.StartProgram(
            Program, [gateway.ToString(CultureInfo.InvariantCulture), Cluster, "clients/visits", requestId]);
        await program.WaitForExitAsync(Patience);
        return program.Output.SingleOrDefault() ?? program.Transcript;
    }
}
