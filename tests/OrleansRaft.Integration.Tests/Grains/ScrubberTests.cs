using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>What is stored is read before it is needed: damage that may be mended is, the rest is an alarm.</summary>
public sealed class ScrubberTests
{
    private static readonly ReplicaKey Key = new("ledgers-0", new ReplicaId(2));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("alarm", AlarmNames.StoredDamage)]
    public async Task Damaged_snapshots_and_committed_entries_are_written_anew_and_a_damaged_vote_is_an_alarm()
    {
        var disk = new MemoryDisk();
        await using var cluster = await RaftTestCluster.StartAsync(
            silos: 1, groups: 1, disk: disk, options: static raft => (raft.SnapshotThresholdBytes, raft.CompareEntries) = (4_096, 0));
        for (var i = 0; i < 100; i++)
        {
            await cluster.AddAsync("k", 1);
        }

        var scrubber = cluster.Silos[0].ServiceProvider.GetRequiredService<Scrubber>();
        var replica = cluster.Silos[0].ServiceProvider.GetRequiredService<GroupTable>().Hosted.Single(static one => one.Key == Key);
        (await ScrubAsync()).Damage.ShouldBeEmpty();

        disk.DamageSnapshot(Key);
        (await ScrubAsync()).Damage.ShouldHaveSingleItem().Part.ShouldBe(StoredPart.Snapshot);
        (await ScrubAsync()).Damage.ShouldBeEmpty("it was mended");

        await cluster.AddAsync("k", 1);
        await RaftTestCluster.EventuallyAsync(async () => (await ScrubAsync()).Entries > 0 ? null : "the entry has not arrived");
        disk.DamageLog(Key);
        (await ScrubAsync()).Damage.ShouldHaveSingleItem().Part.ShouldBe(StoredPart.Log);
        (await ScrubAsync()).Damage.ShouldBeEmpty("it was mended");
        (await cluster.Admin.ListAlarmsAsync(Token)).ShouldBeEmpty();

        disk.DamageVote(Key);
        (await ScrubAsync()).Damage.ShouldHaveSingleItem().Part.ShouldBe(StoredPart.Vote);
        IReadOnlyList<Alarm> alarms = [];
        await RaftTestCluster.EventuallyAsync(
            async () => (alarms = await cluster.Admin.ListAlarmsAsync(Token)).Count > 0 ? null : "no alarm is told");
        var alarm = alarms.ShouldHaveSingleItem();
        (alarm.Name, alarm.Group).ShouldBe((AlarmNames.StoredDamage, "ledgers-0"));
        alarm.Remedy.ShouldContain("oraft member replace ledgers-0 2");
        (await cluster.AddAsync("k", 1)).Sum.ShouldBe(102, "its group goes on");

        async Task<ExaminedReplica> ScrubAsync() => (await scrubber.ScrubAsync(replica, hurries: true, Token)).ShouldNotBeNull();
    }
}
