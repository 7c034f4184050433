using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Faults;
using OrleansRaft.Runtime.Liveness;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Runtime.Storage.Memory;

namespace OrleansRaft.Integration.Tests.Grains;

public sealed class SleepTests
{
    [Fact]
    public async Task Idle_groups_sleep_and_wake_for_a_request()
    {
        await using var cluster = await StartAsync();
        await WaitUntilAllSleepAsync(cluster, 12);

        (await cluster.AddAsync("k", 1)).ShouldBe(new LedgerResult(1, 1));
    }

    [Fact]
    public async Task Sleeping_followers_of_a_silo_that_falls_silent_wake_and_elect()
    {
        await using var cluster = await StartAsync();
        await WaitUntilAllSleepAsync(cluster, 12);
        var lost = await cluster.FindLeaderSiloAsync("ledgers-0");
        await WaitUntilAllSleepAsync(cluster, 12);
        var others = cluster.Silos.Where(silo => silo != lost).ToList();

        CutOff(cluster, lost);

        // Nobody asks anything of the group: its followers must notice by themselves.
        await RaftTestCluster.EventuallyAsync(() => Task.FromResult(
            Hosted(others).Any(replica => replica is { Key.Group: "ledgers-0", Role.Role: RaftRole.Leader }) ? null : "nobody stood for election"));
    }

    /// <summary>Its silo goes on beating; only the store, which it cannot reach, knows that its right to speak has run out.</summary>
    [Fact]
    public async Task A_sleeping_leader_that_may_not_speak_any_more_is_succeeded()
    {
        await using var cluster = await StartAsync(groups: 1);
        await WaitUntilAllSleepAsync(cluster, 3);
        var speechless = await cluster.FindLeaderSiloAsync("ledgers-0");
        await WaitUntilAllSleepAsync(cluster, 3);
        var store = (MemoryLogStore)speechless.ServiceProvider.GetRequiredService<ILogStore>();

        store.IsConnected = false;

        await RaftTestCluster.EventuallyAsync(() => Task.FromResult(
            Hosted(cluster.Silos.Where(silo => silo != speechless)).Any(replica => replica.Role.Role == RaftRole.Leader)
                ? null
                : "nobody stood for election"));
        store.IsConnected = true;
        await WaitUntilAllSleepAlikeAsync(cluster);
    }

    /// <summary>
    /// What is said to a replica that may not speak reaches nobody, and its silo acknowledges it: only that silo knows when it hears again.
    /// </summary>
    [Fact]
    public async Task A_leader_without_which_its_group_fell_asleep_learns_of_its_successor_when_it_may_speak_again()
    {
        await using var cluster = await StartAsync(groups: 1);
        await WaitUntilAllSleepAsync(cluster, 3);
        var speechless = await cluster.FindLeaderSiloAsync("ledgers-0");
        await WaitUntilAllSleepAsync(cluster, 3);
        var others = cluster.Silos.Where(silo => silo != speechless).ToList();
        var store = (MemoryLogStore)speechless.ServiceProvider.GetRequiredService<ILogStore>();
        store.IsConnected = false;
        CutOff(cluster, speechless);
        await WaitUntilSuccessorSleepsAsync();
        HealAll(cluster);
        await RaftTestCluster.EventuallyAsync(() => Task.FromResult(
            others.Exists(NeedsComparison) ? "the silos have not compared" : null));
        await WaitUntilSuccessorSleepsAsync();

        store.IsConnected = true;

        await WaitUntilAllSleepAlikeAsync(cluster);

        bool NeedsComparison(InProcessSiloHandle silo) =>
            silo.ServiceProvider.GetRequiredService<SiloLivenessTable<SiloAddress>>().Get(speechless.SiloAddress).NeedsComparison;

        Task WaitUntilSuccessorSleepsAsync() => RaftTestCluster.EventuallyAsync(() => Task.FromResult(
            Hosted(others).Any(replica => replica is { Role.Role: RaftRole.Leader, Quiescence: not null }) ? null : "no successor sleeps"));
    }

    /// <summary>
    /// The old leader hears nothing of its succession, and the new one falls asleep without it: only the silos can notice that the two disagree.
    /// </summary>
    [Fact]
    public async Task A_leader_that_slept_while_it_was_cut_off_learns_of_its_successor_when_its_silo_returns()
    {
        await using var cluster = await StartAsync(groups: 1);
        await WaitUntilAllSleepAsync(cluster, 3);
        var lost = await cluster.FindLeaderSiloAsync("ledgers-0");
        CutOff(cluster, lost);
        await RaftTestCluster.EventuallyAsync(() => Task.FromResult(
            Hosted(cluster.Silos).Count(replica => replica is { Role.Role: RaftRole.Leader, Quiescence: not null }) == 2
                ? null
                : "not two leaders sleep"));

        HealAll(cluster);

        await WaitUntilAllSleepAlikeAsync(cluster);
    }

    [Fact]
    public async Task A_follower_that_its_group_fell_asleep_without_catches_up_when_its_silo_returns()
    {
        await using var cluster = await StartAsync(groups: 1);
        await WaitUntilAllSleepAsync(cluster, 3);
        var leader = await cluster.FindLeaderSiloAsync("ledgers-0");
        CutOff(cluster, cluster.Silos.First(silo => silo != leader));
        var near = leader.ServiceProvider.GetRequiredService<IGrainFactory>().GetRaftGroup<LedgerCommand, LedgerResult>(RaftTestCluster.Set, "k");
        RaftTestCluster.Committed(await near.SubmitAsync(new LedgerCommand(1), "once", TestContext.Current.CancellationToken));
        await RaftTestCluster.EventuallyAsync(() => Task.FromResult(
            Hosted([leader]).Single().Quiescence is null ? "the leader is awake" : null));

        HealAll(cluster);

        await WaitUntilAllSleepAlikeAsync(cluster);
    }

    /// <summary>Its store fails: it stops, and comes to life nowhere. What is said to it is lost before it is on its way to anybody.</summary>
    [Fact]
    public async Task Rule_40_A_group_that_is_written_to_while_a_member_lives_nowhere_falls_asleep_again()
    {
        await using var cluster = await StartAsync(groups: 1);
        await WaitUntilAllSleepAsync(cluster, 3);
        var leader = await cluster.FindLeaderAsync("ledgers-0");
        var lost = (
            await cluster.Admin.GetGroupAsync("ledgers-0", TestContext.Current.CancellationToken))!.Replicas.First(replica =>
                replica.Replica != leader.Replica).Replica;
        var faults = cluster.Silos[0].ServiceProvider.GetRequiredService<IRaftFaults>();
        await faults.BeginAsync(
            new Fault { Id = "f", Kind = FaultKind.Fail, Group = "ledgers-0", Replica = lost.Value, Seconds = 300 },
            TestContext.Current.CancellationToken);
        await RaftTestCluster.EventuallyAsync(() => Task.FromResult(Hosted(cluster.Silos).Count() == 2 ? null : "the member still lives"));

        for (var times = 0; times < 3; times++)
        {
            await cluster.AddAsync("k", 1);
            await WaitUntilAllSleepAsync(cluster, 2);
        }

        await faults.HealAllAsync(TestContext.Current.CancellationToken);
        await WaitUntilAllSleepAlikeAsync(cluster);
    }

    private static async Task<RaftTestCluster> StartAsync(int groups = 4)
    {
        var cluster = await RaftTestCluster.StartAsync(
            groups: groups, options: options => options.QuiesceTicks = 5, configure: static (_, silo) => RaftTestCluster.EnableFaults(silo));
        await cluster.WaitUntilSpreadAsync();
        return cluster;
    }

    private static IEnumerable<ILocalReplica> Hosted(IEnumerable<InProcessSiloHandle> silos) =>
        silos.SelectMany(silo => silo.ServiceProvider.GetRequiredService<GroupTable>().Hosted);

    private static void CutOff(RaftTestCluster cluster, InProcessSiloHandle lost)
    {
        foreach (var other in cluster.Silos.Where(silo => silo != lost))
        {
            lost.ServiceProvider.GetRequiredService<LinkFaults>().Cut(other.SiloAddress);
            other.ServiceProvider.GetRequiredService<LinkFaults>().Cut(lost.SiloAddress);
        }
    }

    private static void HealAll(RaftTestCluster cluster)
    {
        foreach (var silo in cluster.Silos)
        {
            silo.ServiceProvider.GetRequiredService<LinkFaults>().HealAll();
        }
    }

    private static Task WaitUntilAllSleepAlikeAsync(RaftTestCluster cluster) => RaftTestCluster.EventuallyAsync(() =>
    {
        var replicas = Hosted(cluster.Silos).ToList();
        return Task.FromResult(replicas.Count == 3
            && replicas.TrueForAll(replica => replica.Quiescence is not null)
            && replicas.Select(replica => (replica.Role.Term, replica.Role.Leader, replica.Quiescence?.LastEntry)).Distinct().Count() == 1
                ? null
                : string.Join("; ", replicas.Select(replica => $"{replica.Key} {replica.Role} {replica.Quiescence}")));
    });

    private static Task WaitUntilAllSleepAsync(RaftTestCluster cluster, int replicas) => RaftTestCluster.EventuallyAsync(() => Task.FromResult(
        Hosted(cluster.Silos).Count(replica => replica.Quiescence is not null) == replicas ? null : "somebody is awake"));
}
