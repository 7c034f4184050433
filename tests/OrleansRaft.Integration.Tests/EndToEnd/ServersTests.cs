using OrleansRaft.Testbed.PostgreSql;
using OrleansRaft.Testbed.Processes;
using OrleansRaft.Testbed.Workloads;

namespace OrleansRaft.Integration.Tests.EndToEnd;

/// <summary>Three silos whose replicas log to three PostgreSQL servers: any one of the servers may go.</summary>
[Collection(EndToEndCluster.Name)]
public sealed class ServersTests(ITestOutputHelper log)
{
    [LongFact]
    public async Task Groups_go_on_without_any_one_of_three_servers_and_its_replicas_catch_up_when_it_returns()
    {
        await using var first = await PostgresFixture.StartOwnServerAsync();
        await using var second = await PostgresFixture.StartOwnServerAsync();
        await using var third = await PostgresFixture.StartOwnServerAsync();
        List<string> databases = [];
        foreach (var server in (PostgresServer[])[first, second, third])
        {
            databases.Add(await server.CreateDatabaseAsync());
        }

        await using var silos = new SiloCluster(databases, groups: 3);
        await silos.StartAsync();
        await silos.WaitUntilSpreadAsync();
        await using var workload = new CounterWorkload(silos.Addresses, "servers", counters: 6, clients: 6) { Rest = TimeSpan.FromMilliseconds(50) };
        workload.Start();
        await workload.WaitForProgressAsync();

        foreach (var server in (PostgresServer[])[second, first])
        {
            // The first server keeps Orleans' membership too: groups do not need it while nobody joins or dies.
            await server.StopImmediatelyAsync();
            await workload.WaitForProgressAsync();
            await workload.WaitForProgressAsync();
            await server.StartAsync();
            await silos.WaitUntilReadyAsync();
            await workload.WaitForProgressAsync();
        }

        var report = await workload.StopAndCheckAsync();
        log.WriteLine($"{report.Acknowledged} acknowledged, longest gap {report.LongestGap.TotalMilliseconds:0} ms");
        report.Violations.ShouldBeEmpty(silos.Transcript);
        (await silos.CompareReplicasAsync()).ShouldBeEmpty();
    }
}
