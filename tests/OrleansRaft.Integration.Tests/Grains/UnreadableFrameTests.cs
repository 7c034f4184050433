using System.Buffers;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>What silos make of frames that they cannot read.</summary>
public sealed class UnreadableFrameTests(ThreeSilos silos) : IClassFixture<ThreeSilos>
{
    private static readonly TimeSpan TooLong = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(99)]
    [InlineData((int)LaneFrameKind.Commands)]
    [InlineData((int)LaneFrameKind.Queries)]
    public async Task Rule_41_A_silo_delivers_what_stands_behind_a_frame_that_it_cannot_read(int kind)
    {
        var (here, there) = (silos.Cluster.Silos[0], silos.Cluster.Silos[1]);
        var receiver = there.ServiceProvider.GetRequiredService<GroupTable>().Hosted.First(replica => !replica.Slot.Group.IsCatalogue);
        var sender = receiver.Slot.Group.Slots.First(slot => here.SiloAddress.Equals(slot.Silo) || slot.Local is null);
        var term = receiver.Role.Term;
        var claimed = new Term(term.Value + 10);
        var batch = LaneBatchCodec.Encode(
            [
                new RequestFrame((LaneFrameKind)kind, new LaneCall(1), new byte[] { 1, 255, 255 }),
                new MessageFrame(
                    new Impostor(new ReplicaKey(receiver.Key.Group, sender.Replica)),
                    receiver.Slot,
                    1_000_000,
                    new RequestVote(claimed, EntryId.Zero, IsTransfer: true)),
            ],
            new ArrayBufferWriter<byte>(),
            new ArrayBufferWriter<byte>());

        var answer = await here.ServiceProvider.GetRequiredService<SiloClient<ILaneService>>()
            .Reach(there.SiloAddress)
            .ExchangeAsync(here.SiloAddress, batch);

        await RaftTestCluster.EventuallyAsync(() => Task.FromResult(receiver.Role.Term >= claimed ? null : $"the term is {receiver.Role.Term}"));
        answer.ShouldNotBeEmpty("the sender must not take it for delivered");
    }

    [Theory]
    [InlineData(99)]
    [InlineData((int)LaneFrameKind.Commands)]
    public async Task Rule_41_A_call_that_the_other_silo_cannot_read_fails_at_once(int kind)
    {
        var (here, there) = (silos.Cluster.Silos[0], silos.Cluster.Silos[1]);
        var call = new LaneCall(2);

        here.ServiceProvider.GetRequiredService<Lanes>().Send(
            there.SiloAddress, new RequestFrame((LaneFrameKind)kind, call, new byte[] { 1, 255, 255 }));

        var failure = await Should.ThrowAsync<TimeoutException>(call.Replies.WaitAsync(TooLong, TestContext.Current.CancellationToken));
        failure.Message.ShouldContain("was not delivered", customMessage: "the call itself says so, and not the clock of this test");
    }

    private sealed record Impostor(ReplicaKey Key) : ILaneSender
    {
        public void OnLost(ReplicaId to) => throw new InvalidOperationException("these messages do not travel on a lane");
    }
}
