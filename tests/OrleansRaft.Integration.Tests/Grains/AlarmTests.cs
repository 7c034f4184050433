using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Core;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Runtime.Storage.Memory;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>What is wrong on one silo is told by all of them, and readiness is about one silo alone.</summary>
public sealed class AlarmTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("alarm", AlarmNames.StoreUnreachable)]
    public async Task A_store_that_is_out_of_reach_is_an_alarm_on_every_silo_and_makes_only_its_own_silo_unready()
    {
        await using var cluster = await RaftTestCluster.StartAsync();
        (await cluster.Admin.ListAlarmsAsync(Token)).ShouldBeEmpty();
        var (suffering, others) = (cluster.Silos[1], cluster.Silos.Where((_, number) => number != 1).ToList());
        var store = (MemoryLogStore)suffering.ServiceProvider.GetRequiredService<ILogStore>();

        store.IsConnected = false;

        foreach (var silo in cluster.Silos)
        {
            await RaftTestCluster.EventuallyAsync(async () =>
                (await RaftTestCluster.AdminOf(silo).ListAlarmsAsync(Token)).Any(
                    alarm => alarm is { Name: AlarmNames.StoreUnreachable, Group: null } && alarm.Silo == suffering.Name)
                    ? null
                    : $"{silo.Name} does not tell");
        }

        var readiness = await RaftTestCluster.AdminOf(suffering).CheckReadinessAsync(Token);
        readiness.IsReady.ShouldBeFalse();
        readiness.Detail.ShouldContain("store");
        foreach (var silo in others)
        {
            (await RaftTestCluster.AdminOf(silo).CheckReadinessAsync(Token)).IsReady.ShouldBeTrue(silo.Name);
        }

        store.IsConnected = true;

        await RaftTestCluster.EventuallyAsync(async () => await cluster.Admin.ListAlarmsAsync(Token) is [var alarm, ..] ? alarm.Detail : null);
        await cluster.WaitUntilReadyAsync();
    }

    [Fact]
    public async Task A_group_that_lost_its_majority_is_an_alarm_that_names_what_is_missing_and_a_silo_that_starts_meanwhile_becomes_ready()
    {
        MemoryDisk[] disks = [new("a"), new("b"), new("c")];
        await using var cluster = await RaftTestCluster.StartAsync(silos: 3, groups: 2, disks: disks);

        await cluster.StopSiloAsync(cluster.Silos[2]);
        await cluster.StopSiloAsync(cluster.Silos[1]);

        IReadOnlyList<Alarm> alarms = [];
        await RaftTestCluster.EventuallyAsync(
            async () => (alarms = await cluster.Admin.ListAlarmsAsync(Token)).Count == 2 ? null : $"{alarms.Count} alarms");
        alarms.ShouldAllBe(alarm => alarm.Name == AlarmNames.Leaderless && alarm.Silo == null);
        alarms.Select(alarm => alarm.Group).Order().ShouldBe(["ledgers-0", "ledgers-1"]);
        alarms[0].Detail.ShouldContain("1 of 3 voters");
        alarms[0].Detail.ShouldContain(cluster.Silos[0].Name);
        alarms[0].Remedy.ShouldContain("majority");
        (await cluster.Admin.CheckReadinessAsync(Token)).IsReady.ShouldBeTrue();
    }

    [Fact]
    [Trait("alarm", AlarmNames.StoreCorrupt)]
    public async Task A_replica_whose_log_is_damaged_is_an_alarm_that_names_it_until_another_has_its_place()
    {
        var disk = new MemoryDisk();
        await using var cluster = await RaftTestCluster.StartAsync(silos: 3, groups: 1, disk: disk);
        await cluster.WaitUntilSpreadAsync();
        await cluster.AddAsync("k", 1);
        var victim = (await cluster.Admin.GetGroupAsync("ledgers-0", Token))!.Replicas[0];
        var key = new ReplicaKey("ledgers-0", victim.Replica);

        disk.DamageLog(key);
        await cluster.StopSiloAsync(cluster.Silos.Single(silo => silo.Name == victim.Silo));

        await RaftTestCluster.EventuallyAsync(async () =>
            (await cluster.Admin.ListAlarmsAsync(Token)).FirstOrDefault(alarm => alarm.Name == AlarmNames.StoreCorrupt) is
            {
                Group: "ledgers-0",
            } alarm
            && alarm.Detail.Contains(key.ToString(), StringComparison.Ordinal)
                ? null
                : "there is no alarm");
        (await cluster.AddAsync("k", 1)).Sum.ShouldBe(2);

        var replaced = await cluster.Admin.ChangeMembersAsync("ledgers-0", new AddMember { Replaces = victim.Replica }, cancellation: Token);

        replaced.ShouldBeOfType<Committed<Configuration>>(replaced.ToString());
        await RaftTestCluster.EventuallyAsync(async () => await cluster.Admin.ListAlarmsAsync(Token) is [var alarm, ..] ? alarm.Detail : null);
    }
}
