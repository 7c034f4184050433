using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Services;
using Orleans.TestingHost;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Grains.Events;
using OrleansRaft.Grains.Faults;
using OrleansRaft.Grains.Liveness;
using OrleansRaft.Grains.Replicas;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Grains.Transport;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>Faults and events of a cluster of three silos: asked of one, seen on all.</summary>
public sealed class FaultTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_split_asked_of_one_silo_cuts_every_link_between_the_sides_and_heals_on_all_when_another_is_asked()
    {
        await using var cluster = await StartAsync();
        var (alone, others) = (cluster.Silos[0], cluster.Silos.Skip(1).ToList());

        var begun = await FaultsOf(others[0]).BeginAsync(new Fault { Kind = FaultKind.Split, Silos = [alone.Name], Seconds = 600 }, Token);

        begun.Rejection.ShouldBeNull();
        CutsOf(alone).ShouldBe(others.Select(silo => silo.SiloAddress), ignoreOrder: true);
        others.ForEach(silo => CutsOf(silo).ShouldBe([alone.SiloAddress]));
        foreach (var silo in cluster.Silos)
        {
            (await FaultsOf(silo).ListAsync(Token)).ShouldHaveSingleItem().Fault.Id.ShouldBe(begun.Begun!.Id);
        }

        await FaultsOf(alone).HealAllAsync(Token);

        cluster.Silos.ToList().ForEach(silo => CutsOf(silo).ShouldBeEmpty());
        (await FaultsOf(others[1]).ListAsync(Token)).ShouldBeEmpty();
        await cluster.WaitUntilReadyAsync();
    }

    [Fact]
    public async Task A_link_cut_one_way_is_cut_at_its_beginning_only()
    {
        await using var cluster = await StartAsync();
        var (from, to) = (cluster.Silos[1], cluster.Silos[2]);

        await FaultsOf(cluster.Silos[0]).BeginAsync(
            new Fault { Kind = FaultKind.Cut, From = from.Name, To = to.Name, IsOneWay = true, Seconds = 600 }, Token);

        CutsOf(from).ShouldBe([to.SiloAddress]);
        CutsOf(to).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_cut_link_stops_calls_of_every_kind_but_those_of_whoever_watches()
    {
        await using var cluster = await StartAsync();
        var (from, to) = (cluster.Silos[0], cluster.Silos[1]);

        await FaultsOf(from).BeginAsync(new Fault { Kind = FaultKind.Cut, From = from.Name, To = to.Name, Seconds = 600 }, Token);

        ShouldBeStopped<ILaneService>(from, to);
        ShouldBeStopped<IInventoryService>(from, to);
        ShouldBeStopped<ILivenessService>(from, to);
        ShouldBeStopped<IReplicaService>(from, to);
        ShouldBeStopped<ICatalogueService>(from, to);
        (await ClientOf<IFaultService>(from).ReachPastFaults(to.SiloAddress).ListFaultsAsync()).ShouldHaveSingleItem();
    }

    [Fact]
    public void Links_cannot_be_cut_or_delayed_where_faults_are_off()
    {
        var links = new LinkFaults(Options.Create(new FaultOptions()));
        var target = SiloAddress.New(IPAddress.Loopback, 1, 1);

        Should.Throw<InvalidOperationException>(() => links.Cut(target)).Message.ShouldContain("Faults:Enabled");
        Should.Throw<InvalidOperationException>(() => links.Delay(target, TimeSpan.FromSeconds(1)));

        links.Cuts.ShouldBeEmpty();
        links.DelayTo(target).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task Two_faults_on_one_link_are_healed_one_by_one()
    {
        await using var cluster = await StartAsync();
        var (from, to) = (cluster.Silos[0], cluster.Silos[1]);
        var cut = new Fault { Kind = FaultKind.Cut, From = from.Name, To = to.Name, Seconds = 600 };
        var first = (await FaultsOf(from).BeginAsync(cut, Token)).Begun!;
        await FaultsOf(to).BeginAsync(cut, Token);

        await FaultsOf(from).HealAsync(first.Id, Token);

        CutsOf(from).ShouldBe([to.SiloAddress], "the other fault still cuts it");
        await FaultsOf(from).HealAllAsync(Token);
        CutsOf(from).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_silo_that_has_faults_off_refuses_for_the_whole_cluster_and_nothing_is_done()
    {
        await using var cluster = await StartAsync(disabledOn: 2);

        var outcome = await FaultsOf(cluster.Silos[0]).BeginAsync(
            new Fault { Kind = FaultKind.Isolate, Silo = cluster.Silos[1].Name, Seconds = 600 }, Token);

        outcome.Rejection!.Reason.ShouldBe(FaultRejectionReason.Disabled);
        cluster.Silos.ToList().ForEach(silo => CutsOf(silo).ShouldBeEmpty());
    }

    [Fact]
    [Trait("alarm", AlarmNames.Leaderless)]
    public async Task A_group_whose_replicas_are_all_paused_is_an_alarm_on_every_silo_and_no_silo_is_unready_for_it()
    {
        await using var cluster = await StartAsync();
        await cluster.WaitUntilReadyAsync();
        var faults = FaultsOf(cluster.Silos[0]);
        for (var replica = 1; replica <= 3; replica++)
        {
            await faults.BeginAsync(new Fault { Kind = FaultKind.Pause, Group = "ledgers-0", Replica = replica, Seconds = 600 }, Token);
        }

        foreach (var silo in cluster.Silos)
        {
            var admin = RaftTestCluster.AdminOf(silo);
            await RaftTestCluster.EventuallyAsync(async () =>
                await admin.ListAlarmsAsync(Token) is [{ Name: AlarmNames.Leaderless, Group: "ledgers-0", Silo: null }]
                    ? null
                    : $"{silo.Name} has no alarm");
            (await admin.CheckReadinessAsync(Token)).IsReady.ShouldBeTrue(silo.Name);
        }

        await faults.HealAllAsync(Token);
        await RaftTestCluster.EventuallyAsync(async () => await cluster.Admin.ListAlarmsAsync(Token) is [var alarm, ..] ? alarm.Detail : null);
    }

    [Fact]
    public async Task Events_of_every_silo_reach_a_reader_on_any_and_nobody_records_when_it_has_left()
    {
        await using var cluster = await StartAsync();
        await cluster.WaitUntilSpreadAsync();
        using (var reader = cluster.Silos[1].ServiceProvider.GetRequiredService<EventFeed>().Open("ledgers-0"))
        {
            var picture = await reader.TakePictureAsync(Token);
            picture.Silos.Count.ShouldBe(3);
            picture.Groups.Count.ShouldBe(4);
            await cluster.AddAsync("k", 1);

            var senders = new HashSet<string>();
            var hasCommitted = false;
            while (senders.Count < 3 || !hasCommitted)
            {
                await cluster.AddAsync($"k{senders.Count}", 1);
                foreach (var (_, seen) in await reader.ReadAsync(TimeSpan.FromSeconds(1), Token) ?? [])
                {
                    senders.Add(
                        seen.Event is MessageEvent { Group: "ledgers-0" } or ReplicaEvent { Group: "ledgers-0" }
                            ? seen.Silo
                            : senders.FirstOrDefault() ?? seen.Silo);
                    hasCommitted |= seen.Event is CommitEvent;
                }
            }
        }

        await RaftTestCluster.EventuallyAsync(() => Task.FromResult(
            cluster.Silos.Any(silo => silo.ServiceProvider.GetRequiredService<EventRecorder>().IsWatched) ? "somebody still records" : null));
    }

    private static async Task<RaftTestCluster> StartAsync(int disabledOn = -1) => await RaftTestCluster.StartAsync(
        configure: (number, silo) => silo.Services.Configure<FaultOptions>(faults => faults.Enabled = number != disabledOn));

    private static SiloClient<TService> ClientOf<TService>(InProcessSiloHandle silo)
        where TService : IGrainService => silo.ServiceProvider.GetRequiredService<SiloClient<TService>>();

    private static void ShouldBeStopped<TService>(InProcessSiloHandle from, InProcessSiloHandle to)
        where TService : IGrainService =>
        Should.Throw<LinkCutException>(() => ClientOf<TService>(from).Reach(to.SiloAddress)).Message.ShouldContain(to.Name);

    private static IRaftFaults FaultsOf(InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<IRaftFaults>();

    private static IReadOnlyCollection<SiloAddress> CutsOf(InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<LinkFaults>().Cuts;
}
