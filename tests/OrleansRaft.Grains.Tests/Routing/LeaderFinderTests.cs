using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Routing;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Tests.Routing;

/// <summary>Whom a router asks, when silos stop to answer. Replica n lives on silo n, and the router on none of them.</summary>
public sealed class LeaderFinderTests
{
    private static readonly SiloAddress[] Silos =
        [.. Enumerable.Range(0, 4).Select(number => SiloAddress.New(IPAddress.Loopback, 1_000 + number, 1))];

    private readonly FakeTimeProvider time = new();
    private readonly SilentSilos silent;
    private readonly GroupEntry group = MakeGroup("a");
    private readonly LeaderFinder finder;

    public LeaderFinderTests()
    {
        silent = new SilentSilos(time);
        finder = FinderOf(group);
    }

    [Fact]
    public void A_leader_that_answered_is_asked_again()
    {
        finder.Confirm(Slot(2));

        finder.Next().ShouldBe(Slot(2));
        finder.Next().ShouldBe(Slot(2));
    }

    /// <summary>Each attempt at a lost leader would take as long as the election of another.</summary>
    [Fact]
    public void A_leader_that_did_not_answer_is_not_asked_again_because_its_followers_still_name_it()
    {
        finder.Confirm(Slot(1));
        finder.GiveUp(Slot(1));

        for (var attempt = 0; attempt < 6; attempt++)
        {
            var asked = finder.Next();
            asked.ShouldNotBe(Slot(1));
            finder.Follow(asked!, hint: new ReplicaId(1));
        }

        finder.Follow(Slot(2), hint: new ReplicaId(3));
        finder.Next().ShouldBe(Slot(3), "the new leader is asked at once");
    }

    [Fact]
    public void It_is_asked_again_after_a_moment_if_it_is_still_named()
    {
        finder.GiveUp(Slot(1));

        time.Advance(SilentSilos.SilenceMax);
        finder.Follow(Slot(2), hint: new ReplicaId(1));

        finder.Next().ShouldBe(Slot(1));
    }

    [Fact]
    public void What_happened_to_one_group_spares_the_others_the_same()
    {
        var (other, others) = (MakeGroup("b"), new List<ReplicaSlot?>());
        var finderOfOther = FinderOf(other);
        finderOfOther.Confirm(other.Slot(new ReplicaId(1)));

        finder.GiveUp(Slot(1));
        others.Add(finderOfOther.Next());

        others.ShouldNotContain(other.Slot(new ReplicaId(1)));
        finderOfOther.Confirm(other.Slot(new ReplicaId(1)));
        finderOfOther.Next().ShouldBe(other.Slot(new ReplicaId(1)), "whoever answers is asked again");
    }

    [Fact]
    public void Where_no_silo_answers_one_of_them_is_asked_all_the_same()
    {
        foreach (var number in new[] { 1, 2, 3 })
        {
            finder.GiveUp(Slot(number));
        }

        finder.Next().ShouldNotBeNull();
    }

    [Fact]
    public void A_life_of_a_silo_that_follows_on_a_lost_one_is_asked_at_once()
    {
        finder.Confirm(Slot(1));
        finder.GiveUp(Slot(1));

        Slot(1).Learn(SiloAddress.New(IPAddress.Loopback, Silos[1].Endpoint.Port, 2), epoch: 2);
        finder.Follow(Slot(2), hint: new ReplicaId(1));

        finder.Next().ShouldBe(Slot(1));
    }

    private static GroupEntry MakeGroup(string name)
    {
        var group = new GroupEntry(
            new GroupSet(name, 1, 3),
            0,
            Configuration.OfVoters([.. Enumerable.Range(1, 3).Select(id => new Member(new ReplicaId(id), LogIndex.Zero))]));
        for (var number = 1; number <= 3; number++)
        {
            group.Slot(new ReplicaId(number)).Learn(Silos[number], epoch: 1);
        }

        return group;
    }

    private ReplicaSlot Slot(int number) => group.Slot(new ReplicaId(number));

    // Whoever is located needs no locator.
    private LeaderFinder FinderOf(GroupEntry of) =>
        new(of, new Locator(null!, null!, null!, null!, null!, time, NullLogger<Locator>.Instance), silent, new Here());

    private sealed class Here : ILocalSiloDetails
    {
        public string Name => "here";

        public string ClusterId => "cluster";

        public string DnsHostName => "here";

        public SiloAddress SiloAddress => Silos[0];

        public SiloAddress GatewayAddress => Silos[0];
    }
}
