using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Orleans.Metadata;
using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Tests.Cluster;

/// <summary>For how long the replicas of a silo that stopped in order are waited for, and where nobody waits.</summary>
public sealed class StoppedSilosTests : IClusterMembershipService, IClusterManifestProvider
{
    private static readonly SiloAddress Before = Address(3, generation: 1);
    private static readonly SiloAddress After = Address(3, generation: 2);
    private static readonly SiloPlace One = new(Address(1, generation: 1), "one");
    private static readonly SiloPlace Two = new(Address(2, generation: 1), "two");

    private readonly FakeTimeProvider time = new();
    private readonly RaftOptions options = new() { ReturnPatience = TimeSpan.FromSeconds(30) };
    private readonly StoppedSilos stopped;
    private readonly GroupEntry group = new(new GroupSet("ledgers", 1, 3), 0, Configuration.OfVoters(3));

    public StoppedSilosTests() =>
        stopped = new StoppedSilos(new ClusterMembership(this, this), Options.Create(options), time);

    public ClusterMembershipSnapshot CurrentSnapshot { get; private set; } = Membership(SiloStatus.ShuttingDown);

    public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

    public ClusterManifest Current { get; private set; } = Hosting(One.Address, Two.Address, Before);

    public IAsyncEnumerable<ClusterManifest> Updates => throw new NotSupportedException();

    public GrainManifest LocalGrainManifest => throw new NotSupportedException();

    [Fact]
    public void A_silo_that_stopped_in_order_is_awaited_until_its_name_is_among_those_present()
    {
        stopped.IsAwaited(Before, [One, Two]).ShouldBeTrue();

        Become(SiloStatus.Active);
        stopped.IsAwaited(Before, [One, Two]).ShouldBeTrue("it has started again, and whoever places replicas has not heard from it yet");
        stopped.IsAwaited(Before, [One, Two, new SiloPlace(After, "three")]).ShouldBeFalse();
    }

    [Fact]
    public void A_silo_is_awaited_once_however_often_it_says_that_it_stops()
    {
        var stopping = Address(4, generation: 1);
        var beforeItStops = stopped.IsAwaited(stopping, [One, Two]);
        stopped.Note(stopping);
        var atFirst = stopped.IsAwaited(stopping, [One, Two]);
        time.Advance(options.ReturnPatience);
        var after = stopped.IsAwaited(stopping, [One, Two]);
        stopped.Note(stopping);

        (beforeItStops, atFirst, after).ShouldBe((false, true, false));
        stopped.IsAwaited(stopping, [One, Two]).ShouldBeFalse();
    }

    [Fact]
    public void A_silo_that_was_killed_is_not_awaited()
    {
        CurrentSnapshot = Membership(SiloStatus.Dead);

        stopped.IsAwaited(Before, [One, Two]).ShouldBeFalse();
    }

    /// <summary>A leader that stops leaves its group without one until the others have elected.</summary>
    [Fact]
    public void A_group_goes_on_while_a_majority_takes_part_whether_or_not_one_of_it_leads_yet() =>
        Stock(Running(One, 1), Running(Two, 2)).GoesOn(group).ShouldBeTrue();

    [Fact]
    public void A_group_does_not_go_on_without_a_majority_that_takes_part()
    {
        Stock(Running(One, 1), Running(Two)).GoesOn(group).ShouldBeFalse();
        Stock(Running(One, 1), Starting(Two, 2)).GoesOn(group).ShouldBeFalse();
    }

    /// <summary>A silo that stalls for longer than an inventory waits has not lost its replicas.</summary>
    [Fact]
    public void A_replica_on_a_silo_that_is_slow_to_answer_counts_until_the_membership_says_that_the_silo_died()
    {
        group.Slot(new ReplicaId(2)).Learn(Two.Address, epoch: 1);

        Stock(Running(One, 1)).GoesOn(group).ShouldBeTrue();
        new ClusterInventory([One], new[] { Running(One, 1) }.ToDictionary(answer => answer.Silo, answer => answer.Told))
            .GoesOn(group)
            .ShouldBeFalse();
    }

    private static ClusterInventory Stock(params (SiloAddress Silo, Inventory Told)[] answers) =>
        new([One, Two], answers.ToDictionary(answer => answer.Silo, answer => answer.Told));

    private (SiloAddress Silo, Inventory Told) Running(SiloPlace silo, params long[] replicas) => Hosting(silo, isRunning: true, replicas);

    private (SiloAddress Silo, Inventory Told) Starting(SiloPlace silo, params long[] replicas) => Hosting(silo, isRunning: false, replicas);

    private (SiloAddress Silo, Inventory Told) Hosting(SiloPlace silo, bool isRunning, long[] replicas) => (
        silo.Address,
        new Inventory(
            "",
            [
                .. replicas.Select(
                    replica =>
                        new InventoryItem(group.Name, replica, 1, isRunning, IsLeader: false, 1, null, RaftRole.Follower, LeaderlessMilliseconds: 0)),
            ],
            IsStopping: false));

    private void Become(SiloStatus status)
    {
        CurrentSnapshot = Membership(SiloStatus.Dead, (After, status));
        Current = Hosting(One.Address, Two.Address, After);
    }

    private static ClusterMembershipSnapshot Membership(SiloStatus before, params (SiloAddress Address, SiloStatus Status)[] later) => new(
        new[] { (One.Address, One.Name, SiloStatus.Active), (Two.Address, Two.Name, SiloStatus.Active), (Before, "three", before) }
            .Concat(later.Select(silo => (silo.Address, "three", silo.Status)))
            .ToImmutableDictionary(silo => silo.Item1, silo => new ClusterMember(silo.Item1, silo.Item3, silo.Item2)),
        new MembershipVersion(1));

    private static ClusterManifest Hosting(params SiloAddress[] silos)
    {
        var grains = new GrainManifest(
            ImmutableDictionary<GrainType, GrainProperties>.Empty, ImmutableDictionary<GrainInterfaceType, GrainInterfaceProperties>.Empty);
        return new ClusterManifest(new MajorMinorVersion(1, 1), silos.ToImmutableDictionary(silo => silo, _ => grains));
    }

    private static SiloAddress Address(int port, int generation) => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, port), generation);

    public ValueTask Refresh(MembershipVersion minimumVersion, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();
}
