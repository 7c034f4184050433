using OrleansRaft.Core.Codec;

namespace OrleansRaft.Core.Tests.Raft;

/// <summary>Several chunks of a snapshot on their way at once, lost, late and out of order.</summary>
public sealed class SnapshotWindowTests
{
    private const int Chunks = 64;
    private const int ChunkBytes = 4;

    /// <summary>Counted, because what a round takes hangs on the network.</summary>
    [Theory]
    [InlineData(64, 11)]
    [InlineData(1, Chunks)]
    public void A_snapshot_takes_a_round_for_each_window_and_not_for_each_chunk(int messagesMax, int expected)
    {
        var group = Sending(messagesMax);
        var (rounds, most) = (0, 0);
        for (var turns = 0; group[3].Core.AppliedIndex < group[1].Core.AppliedIndex; turns++)
        {
            turns.ShouldBeLessThan(2 * Chunks);
            var sent = group.Take(static envelope => envelope.Message is InstallSnapshot);
            rounds += sent.Count > 0 ? 1 : 0;
            most = Math.Max(most, sent.Count);
            sent.ForEach(group.Deliver);
            group.Take(static envelope => envelope.Message is not InstallSnapshot).ForEach(group.Deliver);
        }

        rounds.ShouldBe(expected);
        most.ShouldBe(Math.Min(8, messagesMax), "the window is half of what entries may take");
        Sends(group).ShouldBe(Chunks);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(62)]
    public void A_chunk_that_is_lost_is_sent_again_at_once_with_what_followed(int lost)
    {
        var group = Sending();
        var losses = 0;
        for (var delivered = 0; group[3].Core.AppliedIndex < group[1].Core.AppliedIndex && group.Network.Count > 0; delivered++)
        {
            var next = group.Network[0];
            group.Network.RemoveAt(0);
            if (losses == 0 && next.Message is InstallSnapshot install && install.Offset == lost * ChunkBytes)
            {
                losses++;
                continue;
            }

            group.Deliver(next);
        }

        losses.ShouldBe(1);
        if (lost == 0)
        {
            // Nothing was behind it that could have been refused.
            group[3].Core.AppliedIndex.ShouldBeLessThan(group[1].Core.AppliedIndex);
            group.Tick(2 * group.Settings.ElectionTicksMin);
        }

        group[3].Core.AppliedIndex.ShouldBe(group[1].Core.AppliedIndex);
        RequireNoGap(group);
        Sends(group).ShouldBeInRange(Chunks + 1, Chunks + 8);
    }

    [Fact]
    public void Chunks_that_come_in_any_order_are_put_aside_in_theirs()
    {
        var group = Sending();
        var random = new Random(4);
        for (var steps = 0; group[3].Core.AppliedIndex < group[1].Core.AppliedIndex; steps++)
        {
            steps.ShouldBeLessThan(100 * Chunks);
            if (group.Network.Count == 0)
            {
                group.Now += 50;
                group[1].Step(Tick.Instance);
                continue;
            }

            var next = group.Network[random.Next(group.Network.Count)];
            group.Network.Remove(next);
            group.Deliver(next);
        }

        RequireNoGap(group);
    }

    /// <summary>
    /// A program of an earlier release drops what comes before the last chunk is staged. Nothing is waited for, and few chunks go twice.
    /// </summary>
    [Fact]
    public void A_member_that_takes_one_chunk_at_a_time_is_served()
    {
        var group = Sending();
        while (group[3].Core.AppliedIndex < group[1].Core.AppliedIndex)
        {
            Sends(group).ShouldBeLessThan(2 * Chunks);
            group.Network.ShouldNotBeEmpty("no time must pass");
            group.Take(static envelope => envelope.Message is InstallSnapshot).Take(1).ToList().ForEach(group.Deliver);
            group.Take(static envelope => envelope.Message is not InstallSnapshot).ForEach(group.Deliver);
        }

        RequireNoGap(group);
        Sends(group).ShouldBeLessThan(Chunks * 5 / 4);
    }

    [Fact]
    public void A_chunk_behind_a_gap_is_refused_with_the_offset_that_is_wanted()
    {
        var group = new TestGroup(3);
        Give(group[3], 0);

        Give(group[3], 2);

        group[3].Said<InstallSnapshotResponse>().NextOffset.ShouldBe(ChunkBytes);
        group[3].Effects.OfType<StageSnapshotChunk>().Count().ShouldBe(1);
    }

    [Fact]
    public void What_the_store_was_given_is_acknowledged_when_it_is_put_aside_and_not_given_twice()
    {
        var group = new TestGroup(3);
        var follower = group[3];
        follower.HoldsStaging = true;
        Give(follower, 0, 1, 2);
        follower.HeldChunks.Select(static chunk => chunk.Offset).ShouldBe([0, ChunkBytes, 2 * ChunkBytes]);
        group.Network.ShouldBeEmpty();

        Give(follower, 1, 2);
        follower.HeldChunks.Count.ShouldBe(3);
        group.Network.ShouldBeEmpty("its acknowledgement comes anyway");

        Give(follower, 5);
        follower.Said<InstallSnapshotResponse>().NextOffset.ShouldBe(0, "nothing is put aside yet");
        follower.CompleteStaging(2);
        follower.Said<InstallSnapshotResponse>().NextOffset.ShouldBe(2 * ChunkBytes);
        follower.Core.Status.Receiving!.Value.Bytes.ShouldBe(2 * ChunkBytes);
    }

    [Fact]
    public void More_than_the_store_may_have_before_it_is_refused()
    {
        var group = new TestGroup(3, static settings => settings with { InflightBytesMax = 3 * ChunkBytes });
        var follower = group[3];
        follower.HoldsStaging = true;

        Give(follower, 0, 1, 2, 3);
        follower.HeldChunks.Count.ShouldBe(3);
        follower.Said<InstallSnapshotResponse>().NextOffset.ShouldBe(0);
        follower.CompleteStaging(1);
        Give(follower, 3);

        follower.HeldChunks.Count.ShouldBe(3);
    }

    /// <summary>The store's answers do not tell them apart.</summary>
    [Fact]
    public void Rule_48_Another_capture_waits_until_the_store_has_answered_for_the_last_one()
    {
        var follower = new TestGroup(3)[3];
        follower.HoldsStaging = true;
        Give(follower, 0, 1);
        var other = Install(0);
        other = other with { Term = other.Term.Next, Snapshot = other.Snapshot with { Checksum = 1 } };

        follower.Step(new Receive(Replica(2), other));
        follower.HeldChunks.Count.ShouldBe(2);
        follower.CompleteStaging();
        follower.Step(new Receive(Replica(2), other));

        follower.HeldChunks.Single().Snapshot.Checksum.ShouldBe(1u);
    }

    [Fact]
    public void Rule_48_Nothing_follows_the_last_chunk_before_the_snapshot_is_installed()
    {
        var follower = new TestGroup(3, static settings => settings with { InflightMessagesMax = 2 * Chunks })[3];
        follower.HoldsStaging = true;
        Give(follower, [.. Enumerable.Range(0, Chunks)]);
        var end = Install(Chunks - 1);

        follower.Step(new Receive(Replica(1), end with { Offset = Chunks * ChunkBytes, Data = default }));
        follower.HeldChunks.Count.ShouldBe(Chunks);
        follower.CompleteStaging();

        follower.Has<RestoreSnapshot>(static _ => true).ShouldBeTrue();
        follower.Effects.OfType<StageSnapshotChunk>().Count().ShouldBe(Chunks);
    }

    [Fact]
    public void A_store_that_lost_what_it_had_gets_nothing_until_it_has_answered_all_and_then_the_first_chunk()
    {
        var group = new TestGroup(3);
        var follower = group[3];
        Give(follower, 0, 1);
        follower.HoldsStaging = true;
        Give(follower, 2, 3);
        group.Network.Clear();

        var snapshot = Install(0).Snapshot.LastIncluded;
        follower.Step(new SnapshotChunkStaged(snapshot, 0));
        Give(follower, 0);
        follower.HeldChunks.Count.ShouldBe(2, "the fourth chunk is not answered yet");
        group.Network.ShouldBeEmpty();
        follower.Step(new SnapshotChunkStaged(snapshot, 0));
        follower.Said<InstallSnapshotResponse>().NextOffset.ShouldBe(0);
        follower.HeldChunks.Clear();
        follower.HoldsStaging = false;
        Give(follower, [.. Enumerable.Range(0, Chunks)]);

        follower.Has<RestoreSnapshot>(static _ => true).ShouldBeTrue();
    }

    private static ReplicaId Replica(int id) => TestGroup.Replica(id);

    /// <summary>The first replica leads and sends the third a snapshot of 64 chunks, of which the first is on its way.</summary>
    private static TestGroup Sending(int messagesMax = 64)
    {
        var group = new TestGroup(3, settings => settings with
        {
            KeptEntries = 0,
            SnapshotChunkBytes = ChunkBytes,
            InflightBytesMax = 2 * 8 * ChunkBytes,
            InflightMessagesMax = messagesMax,
        });
        var leader = group.Elect(1);
        group.Isolate(3);
        leader.Propose("a", "b");
        group.Settle();
        leader.TakeSnapshot(bytes: Chunks * ChunkBytes);
        group.Heal();
        while (!group.Network.Exists(static envelope => envelope.Message is InstallSnapshot))
        {
            group.Now += 50;
            leader.Step(Tick.Instance);
            group.Take(static envelope => envelope.Message is AppendEntries or AppendEntriesResponse).ForEach(group.Deliver);
        }

        return group;
    }

    private static int Sends(TestGroup group) => group[1].Effects.OfType<Send>().Count(static send => send.Message is InstallSnapshot);

    private static void RequireNoGap(TestGroup group)
    {
        var end = 0L;
        foreach (var chunk in group[3].Effects.OfType<StageSnapshotChunk>())
        {
            chunk.Offset.ShouldBe(end);
            end += chunk.Data.Length;
        }

        end.ShouldBe(Chunks * ChunkBytes);
    }

    /// <summary>Chunks arrive at a follower, by their numbers.</summary>
    private static void Give(TestReplica follower, params int[] chunks)
    {
        foreach (var chunk in chunks)
        {
            follower.Step(new Receive(Replica(1), Install(chunk)));
        }
    }

    private static InstallSnapshot Install(int chunk)
    {
        var state = new byte[Chunks * ChunkBytes];
        var snapshot = new SnapshotDescriptor(TestGroup.Entry(2, 9), new LogTime(5), Configuration.OfVoters(3), state.Length)
        {
            Checksum = Crc32C.Compute(state),
        };
        return new InstallSnapshot(
            new Term(3),
            LogIndex.Zero,
            snapshot,
            chunk * ChunkBytes,
            state.AsMemory(chunk * ChunkBytes, ChunkBytes),
            chunk == Chunks - 1,
            ReadSequence.Zero);
    }
}
