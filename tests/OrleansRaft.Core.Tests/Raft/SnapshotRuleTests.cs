using OrleansRaft.Core.Codec;
using static OrleansRaft.Core.Tests.Raft.TestGroup;

namespace OrleansRaft.Core.Tests.Raft;

/// <summary>Compaction, and snapshots on their way and installed.</summary>
public sealed class SnapshotRuleTests
{
    /// <summary>
    /// The member lacks no entry, so its answers tell nothing new: that another snapshot takes the place of the one it is sent must not make its
    /// leader wait for news for ever.
    /// </summary>
    [Fact]
    public void A_member_that_asked_for_a_state_is_sent_entries_again_although_another_snapshot_took_the_place_of_the_first()
    {
        var group = new TestGroup(3);
        var leader = group.Elect(1);
        leader.Propose("a");
        group.Settle();
        var older = leader.TakeSnapshot();
        leader.Step(new Receive(Replica(2), new SnapshotRequest(leader.Core.CurrentTerm, leader.Core.AppliedIndex)));
        group.Network.Clear();
        leader.Propose("b");
        leader.Acknowledge(3, leader.Core.LastEntry);
        var newer = leader.TakeSnapshot();
        group.Network.Clear();
        leader.Acknowledge(2, newer.LastIncluded);
        leader.Step(new SnapshotChunkUnavailable(Replica(2), older.LastIncluded));

        leader.Step(new Receive(
            Replica(2),
            new InstallSnapshotResponse(
                leader.Core.CurrentTerm, LogIndex.Zero, newer.LastIncluded, newer.SizeBytes, IsInstalled: true, ReadSequence.Zero)));
        leader.Acknowledge(2, newer.LastIncluded);
        leader.Propose("c");

        group.Network.ShouldContain(
            static envelope => envelope.To == 2 && envelope.Message is AppendEntries && ((AppendEntries)envelope.Message).Block.Count == 1);
    }

    /// <summary>databendlabs/openraft#1808.</summary>
    [Fact]
    public void Rule_04_A_snapshot_carries_the_configuration_of_its_own_index()
    {
        var group = new TestGroup(3);
        var leader = group.Elect(1);
        leader.Propose("a");
        group.Settle();
        group.Isolate(1);
        leader.Step(new ProposeConfiguration(1, [new MemberChange(MemberChangeKind.AddVoter, Replica(4))], null));
        leader.Core.Configuration.IsVoter(Replica(4)).ShouldBeTrue("it is in force from append");

        var snapshot = leader.TakeSnapshot();

        snapshot.Configuration.ShouldBe(Configuration.OfVoters(3));
    }

    /// <summary>Two leaders capture one state in another order of bytes, of the same length: a mixture of both is neither.</summary>
    [Fact]
    public void Rule_48_A_transfer_that_another_leader_goes_on_with_is_whole_or_begins_again()
    {
        var follower = new TestGroup(3)[3];
        byte[] first = [1, 2, 3, 4, 5, 6, 7, 8];
        byte[] second = [8, 7, 6, 5, 4, 3, 2, 1];
        Chunk(follower, leader: 1, term: 3, first, 0, 4);

        Chunk(follower, leader: 2, term: 4, second, 0, 4);
        Chunk(follower, leader: 2, term: 4, second, 4, 4);

        Staged(follower).ShouldBe(second);
        follower.Last<RestoreSnapshot>().Snapshot.Checksum.ShouldBe(Crc32C.Compute(second));
    }

    [Fact]
    public void Rule_48_A_transfer_of_equal_bytes_goes_on_under_another_leader()
    {
        var group = new TestGroup(3);
        byte[] state = [1, 2, 3, 4, 5, 6, 7, 8];
        Chunk(group[3], leader: 1, term: 3, state, 0, 4);

        Chunk(group[3], leader: 2, term: 4, state, 0, 4);
        group[3].Said<InstallSnapshotResponse>().NextOffset.ShouldBe(4);
        Chunk(group[3], leader: 2, term: 4, state, 4, 4);

        Staged(group[3]).ShouldBe(state);
        group[3].Has<RestoreSnapshot>(_ => true).ShouldBeTrue();
    }

    /// <summary>As written by a program that knew of no checksums.</summary>
    [Fact]
    public void Rule_48_A_transfer_without_a_checksum_belongs_to_one_leader()
    {
        var follower = new TestGroup(3)[3];
        byte[] first = [1, 2, 3, 4, 5, 6, 7, 8];
        byte[] second = [8, 7, 6, 5, 4, 3, 2, 1];
        Chunk(follower, leader: 1, term: 3, first, 0, 4, hasChecksum: false);

        Chunk(follower, leader: 2, term: 4, second, 0, 4, hasChecksum: false);
        Chunk(follower, leader: 2, term: 4, second, 4, 4, hasChecksum: false);

        Staged(follower).ShouldBe(second);
    }

    [Theory]
    [InlineData(4, true)]
    [InlineData(3, false)]
    public void Rule_48_What_does_not_add_up_to_the_whole_is_not_installed_and_begins_again(int lastBytes, bool isDamaged)
    {
        var group = new TestGroup(3);
        byte[] state = [1, 2, 3, 4, 5, 6, 7, 8];
        Chunk(group[3], leader: 1, term: 3, state, 0, 4);
        var damaged = state.ToArray();
        damaged[6] ^= isDamaged ? (byte)1 : (byte)0;

        group[3].Step(new Receive(Replica(1), Install(3, state, damaged, 4, lastBytes, isLast: true)));
        group[3].Has<RestoreSnapshot>(_ => true).ShouldBeFalse();
        Chunk(group[3], leader: 1, term: 3, state, 4, 4);
        group[3].Said<InstallSnapshotResponse>().NextOffset.ShouldBe(0);
        Chunk(group[3], leader: 1, term: 3, state, 0, 4);
        Chunk(group[3], leader: 1, term: 3, state, 4, 4);

        Staged(group[3]).ShouldBe(state);
        group[3].Has<RestoreSnapshot>(_ => true).ShouldBeTrue();
    }

    /// <summary>A store has one place for staged bytes: a chunk that comes before the write that installs them would be mixed up.</summary>
    [Theory]
    [InlineData(9)]
    [InlineData(12)]
    public void Rule_48_Nothing_is_staged_until_the_snapshot_before_it_is_installed(int nextIndex)
    {
        var follower = new TestGroup(3)[3];
        byte[] state = [1, 2, 3, 4, 5, 6, 7, 8];
        follower.Step(new StateLost());
        follower.HoldsWrites = true;
        Chunk(follower, leader: 1, term: 3, state, 0, 8);
        follower.Effects.OfType<StageSnapshotChunk>().Count().ShouldBe(1);

        var next = Install(3, state, state, 0, 8, isLast: true);
        next = next with { Snapshot = next.Snapshot with { LastIncluded = Entry(2, nextIndex) } };
        follower.Step(new Receive(Replica(1), next));
        follower.Effects.OfType<StageSnapshotChunk>().Count().ShouldBe(1);

        follower.CompleteWrites();
        follower.Has<RestoreSnapshot>(static restore => restore.Snapshot.LastIncluded == Entry(2, 9)).ShouldBeTrue();
        follower.Step(new Receive(Replica(1), next with { Snapshot = next.Snapshot with { LastIncluded = Entry(2, 12) } }));
        follower.Effects.OfType<StageSnapshotChunk>().Count().ShouldBe(2, "what is repeated afterwards is taken");
    }

    [Fact]
    public void Rule_48_A_descriptor_that_a_store_holds_without_a_checksum_is_read()
    {
        var snapshot = new SnapshotDescriptor(Entry(2, 9), new LogTime(5), Configuration.OfVoters(3), 4) { Checksum = 7 };
        var encoded = SnapshotDescriptorCodec.Encode(snapshot);

        SnapshotDescriptorCodec.Decode(encoded).ShouldBe(snapshot);
        SnapshotDescriptorCodec.Decode(encoded[..^5]).ShouldBe(snapshot with { Checksum = null });
    }

    /// <summary>Each chunk is a read of the store, and what is read goes nowhere.</summary>
    [Fact]
    public void A_member_that_is_gone_costs_no_reads_of_the_snapshot_until_it_answers_again()
    {
        var group = new TestGroup(3, settings => settings with { KeptEntries = 0, SnapshotChunkBytes = 2 });
        var leader = group.Elect(1);
        group.Isolate(3);
        leader.Propose("a", "b");
        group.Settle();
        leader.TakeSnapshot();
        group.Tick(4 * group.Settings.ElectionTicksMax);
        leader.Core.Status.Progress.Single(peer => peer.Replica == Replica(3)).State.ShouldBe(ProgressState.Snapshot);
        var reads = leader.Effects.OfType<ReadSnapshotChunk>().Count();

        group.Tick(1_000);
        leader.Effects.OfType<ReadSnapshotChunk>().Count().ShouldBe(reads);
        leader.Core.IsSendingSnapshot.ShouldBeFalse("the next snapshot need not wait for it");
        group.Heal();
        group.Tick(4);

        group[3].Core.AppliedIndex.ShouldBe(leader.Core.AppliedIndex);
    }

    /// <summary>openraft PR #753: applies are under way when a snapshot replaces everything.</summary>
    [Fact]
    public void Rule_21_Installing_a_snapshot_does_not_race_with_applies_and_drops_a_divergent_log()
    {
        var group = new TestGroup(3, settings => settings with { KeptEntries = 0, SnapshotChunkBytes = 4 });
        group[3].HoldsApplies = true;
        group.Elect(3).Propose("a");
        group.Settle();
        group.Isolate(3);
        group[3].Propose("x", "y", "z", "never committed");
        var leader = group.Elect(1);
        leader.Propose("b", "c");
        group.Settle();
        leader.TakeSnapshot();

        group.Heal();
        group.Tick(2 * group.Settings.ElectionTicksMin);
        foreach (var late in group[3].HeldApplies)
        {
            group[3].Step(new EntriesApplied(late.Entries[^1].Index));
        }

        group[3].Core.AppliedIndex.ShouldBe(Index(0), "the snapshot replaces what was being applied");
        group[3].RestoreNow(group[3].HeldRestores.Single());

        group[3].Core.AppliedIndex.ShouldBe(leader.Core.CommitIndex);
        group[3].Core.LastEntry.ShouldBe(leader.Core.LastEntry);
        group[3].Applied.ShouldBe([$"snapshot {leader.Core.LastEntry}"]);
    }

    [Fact]
    public void A_follower_too_far_behind_receives_a_snapshot_in_chunks_and_then_the_log()
    {
        var group = new TestGroup(3, settings => settings with { KeptEntries = 0, SnapshotChunkBytes = 4 });
        var leader = group.Elect(1);
        group.Isolate(3);
        leader.Propose("a", "b");
        group.Settle();
        var snapshot = leader.TakeSnapshot(bytes: 10);
        leader.Propose("c");
        group.Settle();

        group.Heal();
        group.Tick(2 * group.Settings.ElectionTicksMin);

        group[3].Applied.ShouldBe([$"snapshot {snapshot.LastIncluded}", "c"]);
        leader.Effects.OfType<Send>().Count(send => send.Message is InstallSnapshot).ShouldBe(3, "10 bytes in chunks of 4");
    }

    [Fact]
    public void How_far_a_snapshot_is_on_its_way_is_told_by_its_sender_and_by_its_receiver()
    {
        var (group, leader) = SendingToThird();
        leader.Core.Status.Progress.Single(peer => peer.Replica == Replica(3)).Transfer.ShouldBe(new SnapshotTransfer(Index(3), 0, 10));
        leader.Core.Status.Progress.Single(peer => peer.Replica == Replica(2)).Transfer.ShouldBeNull();
        group[3].Core.Status.Receiving.ShouldBeNull();

        group.Take(static envelope => envelope.Message is InstallSnapshot).ForEach(group.Deliver);
        group.Take(static envelope => envelope.Message is InstallSnapshotResponse).ForEach(group.Deliver);

        group[3].Core.Status.Receiving.ShouldBe(new SnapshotTransfer(Index(3), 4, 10));
        leader.Core.Status.Progress.Single(peer => peer.Replica == Replica(3)).Transfer.ShouldBe(new SnapshotTransfer(Index(3), 4, 10));
        group.Tick(2 * group.Settings.ElectionTicksMin);
        group[3].Core.AppliedIndex.ShouldBe(leader.Core.AppliedIndex);
        group[3].Core.Status.Receiving.ShouldBeNull();
        leader.Core.Status.Progress.ShouldAllBe(static peer => peer.Transfer == null);
    }

    /// <summary>What a leader promised to send bounds what its followers put aside.</summary>
    [Fact]
    public void A_chunk_that_goes_beyond_the_end_of_its_snapshot_is_not_put_aside()
    {
        var (group, leader) = SendingToThird();
        var sent = group.Take(static envelope => envelope.Message is InstallSnapshot).Single();
        var first = (InstallSnapshot)sent.Message;

        group[3].Step(new Receive(Replica(1), first with { Data = new byte[11], IsLast = false }));
        group[3].Step(new Receive(Replica(1), first with { Offset = 8, Data = new byte[3], IsLast = true }));

        group[3].Effects.OfType<StageSnapshotChunk>().ShouldBeEmpty();
        group[3].Core.Status.Receiving.ShouldBeNull();
        group.Tick(4 * group.Settings.ElectionTicksMax);
        group[3].Core.AppliedIndex.ShouldBe(leader.Core.AppliedIndex, "the right ones are taken afterwards");
    }

    /// <summary>The first replica leads and begins to send a snapshot of ten bytes, in chunks of four; the first chunk is on its way.</summary>
    private static (TestGroup Group, TestReplica Leader) SendingToThird()
    {
        var group = new TestGroup(3, settings => settings with { KeptEntries = 0, SnapshotChunkBytes = 4 });
        var leader = group.Elect(1);
        group.Isolate(3);
        leader.Propose("a", "b");
        group.Settle();
        leader.TakeSnapshot(bytes: 10);
        group.Heal();
        while (!group.Network.Exists(static envelope => envelope.Message is InstallSnapshot))
        {
            group.Now += 50;
            leader.Step(Tick.Instance);
            group.Take(static envelope => envelope.Message is AppendEntries or AppendEntriesResponse).ForEach(group.Deliver);
        }

        return (group, leader);
    }

    [Fact]
    public void A_snapshot_is_resumed_where_it_broke_off()
    {
        var group = new TestGroup(3, settings => settings with { KeptEntries = 0, SnapshotChunkBytes = 4 });
        var leader = group.Elect(1);
        group.Isolate(3);
        leader.Propose("a", "b");
        group.Settle();
        leader.TakeSnapshot(bytes: 40);
        group.Heal();
        for (var chunks = 0; chunks < 5;)
        {
            if (group.Network.Count == 0)
            {
                group.Now += 50;
                leader.Step(Tick.Instance);
                continue;
            }

            var next = group.Network[0];
            group.Network.RemoveAt(0);
            chunks += next.Message is InstallSnapshot ? 1 : 0;
            group.Deliver(next);
        }

        // Everything on its way is lost.
        group.Network.Clear();
        group.Tick(2 * group.Settings.ElectionTicksMin);

        group[3].Core.AppliedIndex.ShouldBe(leader.Core.AppliedIndex);
        leader.Effects.OfType<Send>().Count(send => send.Message is InstallSnapshot { Offset: 0 }).ShouldBe(1);
    }

    [Fact]
    public void A_snapshot_that_was_replaced_while_it_was_sent_starts_over_with_the_new_one()
    {
        var group = new TestGroup(3, settings => settings with { KeptEntries = 0, SnapshotChunkBytes = 4 });
        var leader = group.Elect(1);
        group.Isolate(3);
        leader.Propose("a");
        group.Settle();
        leader.TakeSnapshot(bytes: 20);
        group.Heal();
        while (!leader.Core.IsSendingSnapshot)
        {
            group.Now += 50;
            leader.Step(Tick.Instance);
            group.Take(envelope => envelope.Message is AppendEntries or AppendEntriesResponse).ForEach(group.Deliver);
        }

        leader.Propose("b");
        group.Take(envelope => envelope.To != 3 && envelope.From != 3).ForEach(group.Deliver);
        group.Take(envelope => envelope.To != 3 && envelope.From != 3).ForEach(group.Deliver);
        var newer = leader.TakeSnapshot(bytes: 8);
        group.Tick(2 * group.Settings.ElectionTicksMin);

        group[3].Applied.ShouldBe([$"snapshot {newer.LastIncluded}"]);
    }

    /// <summary>A caught-up follower must leave Probe and Snapshot again, whatever answer was lost.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rule_29_A_caught_up_follower_is_not_stuck_when_an_answer_was_lost(bool needsSnapshot)
    {
        var group = new TestGroup(3, settings => settings with { KeptEntries = 0 });
        var leader = group.Elect(1);
        group.Isolate(3);
        leader.Propose("a");
        group.Settle();
        if (needsSnapshot)
        {
            leader.TakeSnapshot();
        }

        // It receives everything, but none of its answers arrives for a while.
        group.Heal();
        group.CutOneWay(3, 1);
        group.Tick(6);
        group.Heal();
        group.Tick(2 * group.Settings.ElectionTicksMax * 4);

        var progress = leader.Core.Status.Progress.Single(peer => peer.Replica == Replica(3));
        progress.State.ShouldBe(ProgressState.Replicate);
        progress.MatchIndex.ShouldBe(leader.Core.LastEntry.Index);
        leader.Propose("b");
        group.Settle();
        group[3].Applied[^1].ShouldBe("b");
    }

    [Fact]
    public void Rule_29_The_next_index_never_falls_to_the_match_index()
    {
        var group = new TestGroup(3);
        group.Preload(1, 1, 1, 1, 1, 1);
        var leader = group.Crown(1);
        leader.Acknowledge(2, Entry(1, 4));

        leader.Step(new Receive(
            Replica(2),
            new AppendEntriesResponse(leader.Core.CurrentTerm, Index(0), false, EntryId.Zero, Index(2), ReadSequence.Zero)));

        var progress = leader.Core.Status.Progress.Single(peer => peer.Replica == Replica(2));
        progress.NextIndex.ShouldBeGreaterThan(progress.MatchIndex);
        progress.MatchIndex.ShouldBe(Index(4));
    }

    /// <summary>openraft#2116.</summary>
    [Fact]
    public void Rule_31_Compaction_never_overtakes_a_queued_apply()
    {
        var group = new TestGroup(3, settings => settings with { KeptEntries = 0 });
        var leader = group.Elect(1);
        leader.HoldsApplies = true;
        leader.Propose("a");
        group.Settle();
        var queued = leader.HeldApplies.Single();
        var beyond = new SnapshotDescriptor(queued.Entries[^1].Id, LogTime.Zero, leader.Core.Configuration, 1);

        Should.Throw<InvariantViolationException>(() => leader.Step(new SnapshotSaved(beyond)));
    }

    [Fact]
    public void Rule_31_A_snapshot_of_what_is_applied_keeps_the_entries_that_still_wait()
    {
        var group = new TestGroup(3, settings => settings with { KeptEntries = 0 });
        var leader = group.Elect(1);
        leader.Propose("a");
        group.Settle();
        leader.HoldsApplies = true;
        leader.Propose("b");
        group.Settle();

        leader.TakeSnapshot();
        leader.HoldsApplies = false;
        leader.ApplyNow(leader.HeldApplies.Single());

        leader.Applied.ShouldBe(["a", "b"]);
    }

    /// <summary>scylladb/scylladb#11559.</summary>
    [Fact]
    public void Rule_34_Catching_up_a_follower_that_is_far_behind_is_bounded_in_memory()
    {
        var group = new TestGroup(3, settings => settings with { AppendBytesMax = 1_000, InflightBytesMax = 5_000, InflightMessagesMax = 4 });
        var leader = group.Elect(1);
        group.Isolate(3);
        for (var i = 0; i < 500; i++)
        {
            leader.Propose(new string('x', 100));
            group.Settle();
        }

        group.Heal();
        var most = 0;
        for (var i = 0; i < 10_000 && group[3].Core.CommitIndex < leader.Core.CommitIndex; i++)
        {
            if (group.Network.Count == 0)
            {
                group.Now += 50;
                leader.Step(Tick.Instance);
                continue;
            }

            most = Math.Max(
                most,
                group.Network.Where(envelope => envelope.To == 3)
                    .Select(envelope => envelope.Message)
                    .OfType<AppendEntries>()
                    .Count(append => append.Block.Count > 0));
            group.Network.Select(envelope => envelope.Message).OfType<AppendEntries>().ShouldAllBe(append => append.Block.SizeBytes <= 1_000);
            var next = group.Network[0];
            group.Network.RemoveAt(0);
            group.Deliver(next);
        }

        group[3].Core.CommitIndex.ShouldBe(leader.Core.CommitIndex);
        most.ShouldBeInRange(2, 4);
    }

    /// <summary>The commit index that it read back is the leader's, so no later message advances it.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void A_restart_that_knew_everything_committed_applies_it_again_in_an_idle_group(int quiesceTicks)
    {
        var group = new TestGroup(3, settings => settings with { QuiesceTicks = quiesceTicks });
        var leader = group.Elect(1);
        leader.Propose("a", "b");
        group.Settle();
        group.Tick(2);
        var follower = group[3];
        follower.Disk.HardState = follower.Disk.HardState with { CommitIndex = follower.Core.CommitIndex };
        follower.Disk.HardState.CommitIndex.ShouldBe(leader.Core.LastEntry.Index);

        follower.Crash();
        follower.Restart();
        group.Tick(30);

        follower.Applied.ShouldBe(["a", "b"]);
    }

    [Fact]
    public void A_restart_from_a_snapshot_and_the_log_after_it_goes_on_where_it_stopped()
    {
        var group = new TestGroup(3, settings => settings with { KeptEntries = 1 });
        var leader = group.Elect(1);
        leader.Propose("a", "b");
        group.Settle();
        leader.TakeSnapshot();
        leader.Propose("c");
        group.Settle();

        leader.Crash();
        leader.Restart();
        group.Elect(2);
        group.Tick(2);

        leader.Applied.ShouldBe(["c"], "the snapshot holds the rest");
    }

    private static void Chunk(TestReplica follower, int leader, long term, byte[] state, int offset, int length, bool hasChecksum = true) =>
        follower.Step(
            new Receive(Replica(leader), Install(term, state, state, offset, length, offset + length == state.Length, hasChecksum)));

    private static InstallSnapshot Install(long term, byte[] captured, byte[] sent, int offset, int length, bool isLast, bool hasChecksum = true)
    {
        var snapshot = new SnapshotDescriptor(Entry(2, 9), new LogTime(5), Configuration.OfVoters(3), captured.Length)
        {
            Checksum = hasChecksum ? Crc32C.Compute(captured) : null,
        };
        return new InstallSnapshot(new Term(term), LogIndex.Zero, snapshot, offset, sent.AsMemory(offset, length), isLast, ReadSequence.Zero);
    }

    /// <summary>What the follower's store holds after all chunks that it was given.</summary>
    private static byte[] Staged(TestReplica follower)
    {
        var staged = new List<byte>();
        foreach (var chunk in follower.Effects.OfType<StageSnapshotChunk>())
        {
            staged.RemoveRange((int)chunk.Offset, staged.Count - (int)chunk.Offset);
            staged.AddRange(chunk.Data.Span);
        }

        return [.. staged];
    }
}
