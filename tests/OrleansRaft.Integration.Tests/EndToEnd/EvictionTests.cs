using OrleansRaft.Testbed.Processes;
using OrleansRaft.Testbed.Workloads;

namespace OrleansRaft.Integration.Tests.EndToEnd;

/// <summary>A silo that the others declared dead ends by itself, with the code that tells a supervisor to start it again.</summary>
[Collection(EndToEndCluster.Name)]
public sealed class EvictionTests(PostgresFixture postgres)
{
    [LongFact]
    public async Task A_silo_that_was_declared_dead_ends_with_7_and_its_restart_catches_up()
    {
        var server = await postgres.GetServerAsync();
        string[] impatient =
        [
            "--set", "Orleans:Membership:ProbeTimeout=00:00:01",
            "--set", "Orleans:Membership:NumMissedProbesLimit=3",
            "--set", "Orleans:Membership:EnableIndirectProbes=false",
        ];
        await using var silos = new SiloCluster([await server.CreateDatabaseAsync("evicted")], groups: 2, more: impatient);
        await silos.StartAsync();
        await using var workload = new CounterWorkload(silos.Addresses, "evicted", counters: 4, clients: 4) { Rest = TimeSpan.FromMilliseconds(50) };
        workload.Start();
        await workload.WaitForProgressAsync();
        var victim = await silos.LeaderAsync();

        victim.Process.Pause();
        await silos.WaitUntilReplacedAsync(victim);
        victim.Process.Resume();
        var exitCode = await victim.Process.WaitForExitAsync(TimeSpan.FromMinutes(2));
        victim.Start();
        await victim.WaitUntilReadyAsync();
        await workload.WaitForProgressAsync();

        exitCode.ShouldBe(7, victim.Process.Transcript);
        (await workload.StopAndCheckAsync()).Violations.ShouldBeEmpty();
        (await silos.CompareReplicasAsync()).ShouldBeEmpty();
    }
}
