using System.Buffers;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>Messages of the past reach a silo: nobody listens to them, whatever term they claim.</summary>
public sealed class StaleSenderTests
{
    private static readonly Term Claimed = new(1_000);

    [Fact]
    public async Task Messages_of_a_silo_that_was_declared_dead_and_of_an_older_epoch_are_dropped()
    {
        await using var cluster = await RaftTestCluster.StartAsync(groups: 1);
        await cluster.WaitUntilSpreadAsync();
        var dead = cluster.Silos[2];
        var (here, there) = (cluster.Silos[0], cluster.Silos[1]);
        await cluster.KillSiloAsync(dead);
        await RaftTestCluster.EventuallyAsync(() => Task.FromResult(
            there.ServiceProvider.GetRequiredService<ClusterMembership>().IsDead(dead.SiloAddress) ? null : "nobody noticed the death"));
        await cluster.WaitUntilReadyAsync();
        var receiver = there.ServiceProvider.GetRequiredService<GroupTable>().Hosted.First();
        var sender = receiver.Slot.Group.Slots.First(slot => slot.Replica != receiver.Key.Replica && slot.Silo is not null);
        var service = here.ServiceProvider.GetRequiredService<SiloClient<ILaneService>>().Reach(there.SiloAddress);

        await service.ExchangeAsync(dead.SiloAddress, Batch(sender, receiver, epoch: 1_000_000));
        await service.ExchangeAsync(here.SiloAddress, Batch(sender, receiver, epoch: 0));
        await receiver.Driver.InspectAsync();

        receiver.Role.Term.ShouldBeLessThan(Claimed);

        // The same message from a living silo and a current activation is believed, so the two above were dropped for who sent them.
        await service.ExchangeAsync(here.SiloAddress, Batch(sender, receiver, epoch: 1_000_000));
        await RaftTestCluster.EventuallyAsync(() => Task.FromResult(receiver.Role.Term >= Claimed ? null : $"the term is {receiver.Role.Term}"));
    }

    private static byte[] Batch(ReplicaSlot sender, ILocalReplica receiver, long epoch) => LaneBatchCodec.Encode(
        [
            new MessageFrame(
                new Impostor(new ReplicaKey(receiver.Key.Group, sender.Replica)),
                receiver.Slot,
                epoch,
                new RequestVote(Claimed, EntryId.Zero, IsTransfer: true)),
        ],
        new ArrayBufferWriter<byte>(),
        new ArrayBufferWriter<byte>());

    private sealed record Impostor(ReplicaKey Key) : ILaneSender
    {
        public void OnLost(ReplicaId to) => throw new InvalidOperationException("these messages do not travel on a lane");
    }
}
