using static OrleansRaft.Core.Tests.Raft.TestGroup;

namespace OrleansRaft.Core.Tests.Raft;

/// <summary>Nothing is promised before it is durable, and what is durable is counted right.</summary>
public sealed class DurabilityRuleTests
{
    [Fact]
    public void Rule_09_A_vote_leaves_only_after_it_is_durable_and_survives_a_crash()
    {
        var group = new TestGroup(3);
        group[2].HoldsWrites = true;

        group[2].Step(new Receive(Replica(1), new RequestVote(new Term(1), EntryId.Zero, false)));
        group.Network.ShouldBeEmpty();
        group[2].CompleteWrites();

        group[2].Said<RequestVoteResponse>().Granted.ShouldBeTrue();
        group[2].Crash();
        group[2].Restart();
        group[2].Step(new Receive(Replica(3), new RequestVote(new Term(1), EntryId.Zero, false)));
        group[2].Said<RequestVoteResponse>().Granted.ShouldBeFalse();
    }

    [Fact]
    public void Rule_09_An_append_is_acknowledged_only_after_it_is_durable_and_survives_a_crash()
    {
        var group = new TestGroup(3);
        group[2].HoldsWrites = true;

        group[2].Append(1, 1, EntryId.Zero, 0, 1, 1);
        group.Network.ShouldBeEmpty();
        group[2].CompleteWrites();

        group[2].Said<AppendEntriesResponse>().Match.ShouldBe(Entry(1, 2));
        group[2].Crash();
        group[2].Restart();
        group[2].Terms.ShouldBe([1, 1]);
    }

    [Fact]
    public void Rule_09_A_repeated_append_is_not_acknowledged_before_the_first_is_durable()
    {
        var group = new TestGroup(3);
        group[2].HoldsWrites = true;
        group[2].Append(1, 1, EntryId.Zero, 0, 1);

        group[2].Append(1, 1, EntryId.Zero, 0, 1);

        group.Network.ShouldBeEmpty();
    }

    /// <summary>To write it, its entries are neither copied nor encoded once more.</summary>
    [Fact]
    public void A_follower_writes_and_applies_the_block_that_it_received()
    {
        var group = new TestGroup(3);
        var core = new RaftCore(Replica(2), group.Settings, group[2].Disk.Recover(), 7);
        List<Effect> effects = [];
        var first = Append(1, EntryId.Zero, 1, 1);
        var second = Append(1, Entry(1, 2), 1) with { LeaderCommit = Index(3) };

        core.Step(new Receive(Replica(1), first), default, effects);
        var write = core.TakeWrite();
        core.Step(new Persisted(write.Ticket), default, effects);
        core.Step(new Receive(Replica(1), second), default, effects);
        var next = core.TakeWrite();
        core.Step(new EntriesApplied(Index(2)), default, effects);
        core.Step(new Persisted(next.Ticket), default, effects);

        write.Append.ShouldBeSameAs(first.Block);
        next.Append.ShouldBeSameAs(second.Block);
        effects.OfType<Apply>().Select(static apply => apply.Entries.Count).ShouldBe([2, 1]);
    }

    /// <summary>What is left of a block whose first entries were there is no block that came.</summary>
    [Fact]
    public void A_follower_writes_only_what_it_lacks_of_a_block()
    {
        var group = new TestGroup(3);
        var core = new RaftCore(Replica(2), group.Settings, group[2].Disk.Recover(), 7);
        core.Step(new Receive(Replica(1), Append(1, EntryId.Zero, 1, 1)), default, []);
        core.Step(new Persisted(core.TakeWrite().Ticket), default, []);

        core.Step(new Receive(Replica(1), Append(1, Entry(1, 1), 1, 1)), default, []);

        var write = core.TakeWrite();
        (write.StoredLast, write.Append!.Previous, write.Append.Count).ShouldBe((Entry(1, 2), Entry(1, 2), 1));
    }

    /// <summary>hashicorp/raft#661.</summary>
    [Fact]
    public void Rule_10_Term_and_vote_are_one_write()
    {
        var group = new TestGroup(3);
        var core = new RaftCore(Replica(2), group.Settings, group[2].Disk.Recover(), 7);

        core.Step(new Receive(Replica(1), new RequestVote(new Term(4), EntryId.Zero, false)), default, []);

        core.TakeWrite().HardState.ShouldBe(new HardState(new Term(4), Replica(1), Index(0)));
        core.HasWrite.ShouldBeFalse();
    }

    /// <summary>microsoft/CCF#5891.</summary>
    [Fact]
    public void Rule_11_Stepping_down_inside_a_term_keeps_the_vote()
    {
        var group = new TestGroup(3);
        group[1].Step(new Campaign());
        group[1].Step(new Receive(Replica(2), new PreVoteResponse(new Term(1), true)));
        group[1].Core.Role.ShouldBe(RaftRole.Candidate);

        group[1].Append(2, 1, EntryId.Zero, 0);

        group[1].Core.Role.ShouldBe(RaftRole.Follower);
        group[1].Core.Status.HardState.VotedFor.ShouldBe(Replica(1));
        group[1].Step(new Receive(Replica(3), new RequestVote(new Term(1), EntryId.Zero, true)));
        group[1].Said<RequestVoteResponse>().Granted.ShouldBeFalse();
    }

    [Fact]
    public void Rule_12_Entries_never_reach_the_disk_before_the_term_that_vouches_for_them()
    {
        var group = new TestGroup(3);
        var core = new RaftCore(Replica(2), group.Settings, group[2].Disk.Recover(), 7);
        List<Effect> effects = [];
        core.Step(new Receive(Replica(1), Append(5, EntryId.Zero, 5)), default, effects);

        var first = core.TakeWrite();
        core.Step(new Receive(Replica(3), Append(6, EntryId.Zero, 6)), default, effects);
        var second = core.TakeWrite();

        (first.HardState.CurrentTerm, first.Append!.Last).ShouldBe((new Term(5), Entry(5, 1)));
        (second.HardState.CurrentTerm, second.Append!.Last).ShouldBe((new Term(6), Entry(6, 1)));
        second.Ticket.ShouldBeGreaterThan(first.Ticket);
        effects.OfType<Send>().Select(send => send.After).ShouldBe([first.Ticket, second.Ticket]);
    }

    [Fact]
    public void Rule_15_A_late_completion_does_not_vouch_for_an_index_that_another_term_overwrote()
    {
        var group = new TestGroup(3);
        var core = new RaftCore(Replica(2), group.Settings, group[2].Disk.Recover(), 7);
        List<Effect> effects = [];
        core.Step(new Receive(Replica(1), Append(1, EntryId.Zero, 1, 1)), default, effects);
        var first = core.TakeWrite();
        core.Step(new Receive(Replica(3), Append(2, Entry(1, 1), 2)), default, effects);
        var second = core.TakeWrite();

        core.Step(new Persisted(first.Ticket), default, effects);
        core.Status.DurableIndex.ShouldBe(Index(1), "index 2 is now entry 2.2, which is still on its way");
        core.Step(new Persisted(second.Ticket), default, effects);

        core.Status.DurableIndex.ShouldBe(Index(2));
        second.StoredLast.ShouldBe(Entry(1, 2));
        second.Append!.Previous.ShouldBe(Entry(1, 1));
    }

    /// <summary>hashicorp/raft#503.</summary>
    [Fact]
    public void Rule_32_A_leader_whose_storage_hangs_steps_down_although_its_heartbeats_go_on()
    {
        var group = new TestGroup(3);
        var leader = group.Elect(1);
        foreach (var id in new[] { 2, 3 })
        {
            group[id].Core.SetElectionTimeout(6);
        }

        leader.HoldsWrites = true;
        leader.Propose("a");
        group.Tick(group.Settings.StorageStallTicks + 30);

        leader.Core.Role.ShouldBe(RaftRole.Follower);
        new[] { 2, 3 }.Count(id => group[id].Core.Role == RaftRole.Leader).ShouldBe(1);
    }

    /// <summary>tikv/raft-rs#398.</summary>
    [Fact]
    public void Rule_35_The_count_of_uncommitted_bytes_survives_elections()
    {
        var group = new TestGroup(3, settings => settings with { UncommittedBytesMax = 100 });
        group.Elect(1);
        group.Isolate(1);
        group[1].Propose(new string('a', 60));
        group[1].Propose(new string('b', 60));
        group[1].Last<ProposalRejected>().Reason.ShouldBe(RaftRejection.Overloaded);
        group.Elect(2);
        group.Heal();
        group.Tick(2);

        var leader = group[1];
        group[2].Step(new TransferLeadership(Replica(1)));
        group.Settle();
        leader.Propose(new string('c', 60));
        group.Settle();

        leader.Applied.ShouldBe([new string('c', 60)]);
        leader.Propose(new string('d', 60));
        group.Settle();
        leader.Applied.Count.ShouldBe(2, "what was committed counts no more");
    }

    private static AppendEntries Append(long term, EntryId previous, params long[] terms) => new(
        new Term(term),
        LogIndex.Zero,
        new EntryBlock(
            previous, [.. terms.Select((each, i) => new Entry(Entry(each, previous.Index.Value + i + 1), EntryKind.Command, default, default))]),
        LogIndex.Zero,
        ReadSequence.Zero);
}
