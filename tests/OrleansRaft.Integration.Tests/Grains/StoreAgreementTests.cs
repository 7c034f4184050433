using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Runtime.Storage.Memory;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>Silos of one cluster keep their logs in one store, or are refused.</summary>
public sealed class StoreAgreementTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_second_silo_with_a_disk_of_its_own_in_memory_is_refused_and_nothing_is_lost()
    {
        await using var cluster = await RaftTestCluster.StartAsync(silos: 1, groups: 4, ownDisks: true);
        for (var i = 0; i < 20; i++)
        {
            await cluster.AddAsync($"k{i}", 1);
        }

        var refusal = await Should.ThrowAsync<Exception>(cluster.StartSiloAsync);

        refusal.ToString().ShouldContain("keeps its logs in another store");
        refusal.ToString().ShouldContain("UseMemory(disk)");
        for (var i = 0; i < 20; i++)
        {
            (await cluster.AddAsync($"k{i}", 1)).Sum.ShouldBe(2, $"k{i}");
        }
    }

    [Fact]
    public async Task Silos_that_share_a_disk_lose_nothing_however_they_come_and_go()
    {
        await using var cluster = await RaftTestCluster.StartAsync(silos: 3, groups: 4);
        for (var round = 1; round <= 3; round++)
        {
            for (var i = 0; i < 10; i++)
            {
                (await cluster.AddAsync($"k{i}", 1)).Sum.ShouldBe(round, $"k{i}");
            }

            await cluster.KillSiloAsync(cluster.Silos[^1]);
            await cluster.StartSiloAsync();
            await cluster.WaitUntilReadyAsync();
        }
    }

    [Fact]
    public async Task A_local_store_that_the_others_do_not_know_is_another_store_and_who_does_not_say_is_believed()
    {
        var groups = new GroupTable();
        groups.Load(new ClusterDefinition("c", [new GroupSet("g", 1, 3)], 1, ["a", "b"]));
        await using var store = new MemoryLogStore(new MemoryDisk("a"), TimeProvider.System);
        var agreement = new StoreAgreement(store, groups);

        agreement.Holds(new Inventory("b", [], false, null, "|1|a,b")).ShouldBeTrue();
        agreement.Holds(new Inventory("b", [], false, null, "|1|b")).ShouldBeFalse();
        agreement.Holds(new Inventory("", [], false, null, "postgres-1-2|1|")).ShouldBeFalse();
        agreement.Holds(new Inventory("b", [], false)).ShouldBeTrue();
    }
}
