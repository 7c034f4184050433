using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Core;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Replicas;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Runtime.Storage.Memory;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>A group whose majority is lost goes on from one replica; what is found of the others later stays out.</summary>
public sealed class RecoveryTests
{
    private const string Group = "ledgers-0";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_group_goes_on_from_one_replica_gets_members_again_and_those_that_were_lost_stay_out()
    {
        var disk = new MemoryDisk();
        await using (var before = await RaftTestCluster.StartAsync(silos: 3, groups: 1, disk: disk))
        {
            await before.AddAsync("k", 5, "first");
        }

        ReplicaKey[] lost = [new(Group, new ReplicaId(1)), new(Group, new ReplicaId(2))];
        Array.ForEach(lost, disk.DamageLog);
        await using (var store = new MemoryLogStore(disk, TimeProvider.System))
        {
            await store.AttachAsync(Token);
            var survey = await RecoverySurvey.MakeAsync([store], new ReplicaKey(Group, new ReplicaId(3)), Token);
            survey.Refusal.ShouldBeNull();
            await GroupRescue.RunAsync([store], survey, Token);
        }

        // They are found again, whole.
        Array.ForEach(lost, disk.DamageLog);
        await using var cluster = await RaftTestCluster.StartAsync(silos: 3, groups: 1, disk: disk);

        (await cluster.AddAsync("k", 1)).ShouldBe(new LedgerResult(6, 2));
        (await cluster.AddAsync("k", 5, "first")).ShouldBe(new LedgerResult(5, 1));
        foreach (var replica in lost)
        {
            var services = cluster.Silos[0].ServiceProvider;
            var slot = services.GetRequiredService<GroupTable>().Find(Group)!.Slot(replica.Replica);
            await Should.ThrowAsync<Exception>(() => cluster.Client.GetGrain<IReplicaGrain>($"{Group}/{replica.Replica}").ActivateAsync());
            (await Should.ThrowAsync<StoreRefusedException>(() => services.GetRequiredService<GroupFences>().RequireMemberAsync(slot, Token)))
                .Message.ShouldContain("was lost when its group went on from replica 3");
            slot.Local.ShouldBeNull();
        }

        var resized = (await cluster.Admin.ChangeMembersAsync(Group, new ResizeGroup(3), null, Token)).ShouldBeOfType<Committed<Configuration>>();
        resized.Value.Voters.ShouldBe([new ReplicaId(3), new ReplicaId(1_001), new ReplicaId(1_002)]);
        (await cluster.AddAsync("k", 1)).ShouldBe(new LedgerResult(7, 3));
        (await cluster.Admin.FindDifferenceAsync(Group, 3, Token)).ShouldBeNull();
        (await cluster.Admin.GetGroupAsync(Group, Token))!.Replicas.Select(static replica => replica.Replica.Value).ShouldBe([3, 1_001, 1_002]);
    }
}
