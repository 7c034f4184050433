using System.Net;
using Orleans.Metadata;
using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Placement;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Tests.Placement;

/// <summary>Where replicas are brought to life while the programs of silos differ.</summary>
public sealed class ReplicaPlacerTests : IClusterMembershipService, IClusterManifestProvider
{
    private const string Set = "ledgers";

    private static readonly SiloPlace[] Silos = [Place(1), Place(2), Place(3)];

    private readonly GroupEntry group = new(new GroupSet(Set, 1, 3), 0, Configuration.OfVoters(3));
    private readonly ClusterMembership silos;
    private readonly ReplicaPlacer placer;

    public ReplicaPlacerTests() => placer = new ReplicaPlacer(silos = new ClusterMembership(this, this));

    public ClusterMembershipSnapshot CurrentSnapshot => throw new NotSupportedException();

    public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

    public ClusterManifest Current => throw new NotSupportedException();

    public IAsyncEnumerable<ClusterManifest> Updates => throw new NotSupportedException();

    public GrainManifest LocalGrainManifest => throw new NotSupportedException();

    [Fact]
    public void A_replica_lives_where_the_version_in_force_is_supported_though_others_of_its_group_do_so_too()
    {
        Tell(Silos[0], newest: 1);
        Tell(Silos[1], newest: 2);
        Tell(Silos[2], newest: 1);
        Settle(Silos[1], 1, 2);
        group.LearnVersion(2);

        placer.Choose(group.Slot(new ReplicaId(3)), Silos).ShouldBe(Silos[1]);
    }

    [Fact]
    public void A_replica_does_not_move_from_a_silo_that_supports_the_version_to_one_that_does_not()
    {
        Tell(Silos[0], newest: 1);
        Tell(Silos[1], newest: 2);
        Tell(Silos[2], newest: 1);
        Settle(Silos[1], 1, 2, 3);

        placer.ChooseBetter(group.Slot(new ReplicaId(3)), Silos).ShouldNotBeNull("at version 1 every silo will do").Name.ShouldNotBe(Silos[1].Name);
        group.LearnVersion(2);
        placer.ChooseBetter(group.Slot(new ReplicaId(3)), Silos).ShouldBeNull();
    }

    /// <summary>A log and a vote are worth more somewhere than nowhere.</summary>
    [Fact]
    public void Where_no_silo_supports_the_version_a_replica_lives_all_the_same()
    {
        Array.ForEach(Silos, silo => Tell(silo, newest: 1));
        Settle(Silos[0], 1);
        group.LearnVersion(2);

        placer.Choose(group.Slot(new ReplicaId(2)), Silos).ShouldNotBeNull().Name.ShouldNotBe(Silos[0].Name);
    }

    [Fact]
    public void A_silo_that_has_not_told_what_it_supports_is_believed_to_support_it()
    {
        Tell(Silos[0], newest: 1);
        Tell(Silos[1], newest: 1);
        group.LearnVersion(2);

        placer.Choose(group.Slot(new ReplicaId(1)), Silos).ShouldBe(Silos[2]);
    }

    public ValueTask Refresh(MembershipVersion minimumVersion, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();

    private void Tell(SiloPlace silo, int newest) =>
        silos.LearnSets(silo.Address, [new SetSupport("others", "", 1, 9), new SetSupport(Set, "", 1, newest)]);

    private void Settle(SiloPlace silo, params long[] replicas) =>
        Array.ForEach(replicas, replica => group.Slot(new ReplicaId(replica)).Learn(silo.Address, epoch: 1));

    private static SiloPlace Place(int port) => new(SiloAddress.New(new IPEndPoint(IPAddress.Loopback, port), 1), $"silo-{port}");
}
