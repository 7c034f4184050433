using OrleansRaft.Core;
using static OrleansRaft.Runtime.Tests.DriverBench;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>What may happen before what.</summary>
public sealed class DriverOrderTests
{
    [Fact]
    public void A_follower_acknowledges_only_what_is_durable()
    {
        using var bench = new DriverBench().Start().Turn();

        bench.Tell(Two, bench.FromTwo(new Term(1), EntryId.Zero, (EntryKind.NoOp, default)));

        bench.Log.Writes.ShouldHaveSingleItem().Append!.Count.ShouldBe(1);
        bench.Sent.ShouldBeEmpty();
        bench.Disk();
        bench.Sent.ShouldHaveSingleItem().Message.ShouldBeOfType<AppendEntriesResponse>().Match.Index.ShouldBe(new LogIndex(1));
    }

    [Fact]
    public void A_follower_has_caught_up_once_it_applied_what_was_committed_when_it_first_heard_from_a_leader()
    {
        using var bench = new DriverBench().Start().Turn();
        var (term, noOp) = (new Term(1), (EntryKind.NoOp, default(ReadOnlyMemory<byte>)));

        bench.Tell(Two, bench.FromTwo(term, new EntryId(term, new LogIndex(3)), noOp) with { LeaderCommit = new LogIndex(4) });
        bench.Settle();
        bench.Tell(Two, bench.FromTwo(term, EntryId.Zero, noOp, noOp, noOp) with { LeaderCommit = new LogIndex(3) });
        bench.Settle();
        var applied = bench.Driver.Raft!.AppliedIndex;
        var before = bench.Driver.HasCaughtUp;
        bench.Tell(Two, bench.FromTwo(term, new EntryId(term, new LogIndex(3)), noOp, noOp) with { LeaderCommit = new LogIndex(4) });
        bench.Settle();

        (applied, before).ShouldBe((new LogIndex(3), false));
        bench.Driver.HasCaughtUp.ShouldBeTrue();
    }

    [Fact]
    public void A_leader_has_caught_up_once_it_applied_its_first_entry()
    {
        using var bench = new DriverBench(voters: 1);
        var before = bench.Driver.HasCaughtUp;

        bench.Lead();

        (before, bench.Driver.HasCaughtUp).ShouldBe((false, true));
    }

    [Fact]
    public void A_vote_leaves_only_when_it_is_durable()
    {
        using var bench = new DriverBench().Start().Turn();

        bench.Tell(Two, new RequestVote(new Term(1), EntryId.Zero, IsTransfer: true));

        bench.Sent.ShouldBeEmpty();
        bench.Disk();
        bench.Sent.ShouldHaveSingleItem().Message.ShouldBeOfType<RequestVoteResponse>().ShouldSatisfyAllConditions(
            static vote => vote.Term.ShouldBe(new Term(1)), static vote => vote.Granted.ShouldBeTrue());
    }

    /// <summary>Followers write in parallel with their leader (thesis §10.2.1).</summary>
    [Fact]
    public void A_leader_sends_entries_before_its_own_write()
    {
        using var bench = new DriverBench().Lead();

        bench.Submit(Request("a", "x", 1_000));
        bench.Turn();

        bench.Log.HasWork.ShouldBeTrue();
        bench.Sent.Count(sent => sent.To == Two && sent.Message is AppendEntries { Block.Count: 1 }).ShouldBe(1);
    }

    [Fact]
    public void One_write_is_in_flight_and_what_is_stepped_meanwhile_becomes_the_next()
    {
        using var bench = new DriverBench().Lead();
        var writes = bench.Log.Writes.Count;

        bench.Submit(Request("a", "x", 1_000));
        bench.Turn();
        bench.Submit(Request("b", "y", 1_000));
        bench.Turn();
        bench.Submit(Request("c", "z", 1_000));
        bench.Turn();

        bench.Log.Writes.Count.ShouldBe(writes + 1);
        bench.Disk();
        bench.Log.Writes.Count.ShouldBe(writes + 2);
        bench.Log.Writes[^1].Append!.Count.ShouldBe(2);
    }

    [Fact]
    public void The_commands_of_one_turn_share_a_proposal()
    {
        using var bench = new DriverBench().Lead();

        bench.Submit(Request("a", "x", 1_000), Request("b", "y", 1_000));
        bench.Submit(Request("c", "z", 1_000));
        bench.Turn();

        bench.Sent.Count(sent => sent.To == Two && sent.Message is AppendEntries { Block.Count: 3 }).ShouldBe(1);
    }

    [Fact]
    public void Commands_that_do_not_fit_together_become_several_proposals()
    {
        using var bench = new DriverBench(options: DriverBench.Options(raft => raft.AppendBytesMax = 1_024)).Lead();
        var body = new string('x', 600);

        var sink = bench.Submit(Request("a", body, 1_000), Request("b", body, 1_000), Request("c", new string('x', 1_100), 1_000));
        bench.Settle().Acknowledge(Two);

        sink.Replies.Select(reply => reply.Kind).ShouldBe([ReplyKind.Committed, ReplyKind.Committed, ReplyKind.Rejected]);
        sink.Replies[2].Reason.ShouldBe(RejectionReason.TooLarge);
    }

    [Fact]
    public void Several_ticks_that_waited_count_as_one()
    {
        using var bench = new DriverBench().Start().Turn();

        for (var i = 0; i < 1_000; i++)
        {
            bench.Driver.Tick();
        }

        bench.Turn();

        bench.Driver.Inspect().Status.TicksSinceLeaderContact.ShouldBe(1);
    }

    /// <summary>After a pause the sign of life is there already: the tick must not come first and start an election.</summary>
    [Fact]
    public void Messages_come_before_ticks()
    {
        using var bench = new DriverBench(options: DriverBench.Options(raft => raft.RunInputsMax = 2)).Start().Turn();
        bench.Driver.Tick();
        bench.Turn();

        bench.Driver.Tick();
        for (var i = 0; i < 7; i++)
        {
            bench.Driver.Receive(Two, bench.FromTwo(new Term(1), EntryId.Zero));
        }

        bench.Turn();

        bench.Driver.Inspect().Status.TicksSinceLeaderContact.ShouldBe(1);
        bench.Driver.HasLeader.ShouldBeTrue();
    }

    [Fact]
    public void A_long_run_of_entries_is_applied_in_several_turns()
    {
        using var bench = new DriverBench(options: DriverBench.Options(raft => (raft.ApplyBytesMax, raft.RunApplyBytesMax) = (1, 1))).Lead();
        var sink = bench.Submit([.. Enumerable.Range(0, 20).Select(i => Request($"id{i}", "x", 1_000))]);
        bench.Settle();
        var turns = bench.Scheduled;

        bench.Acknowledge(Two);

        sink.Replies.Length.ShouldBe(20);
        bench.Machine.Batches.ShouldBe(20);
        (bench.Scheduled - turns).ShouldBeGreaterThanOrEqualTo(20);
    }

    /// <summary>10,000 idle groups must cost next to nothing.</summary>
    [Fact]
    public void A_tick_of_an_idle_replica_allocates_nothing()
    {
        using var bench = new DriverBench(
            options: DriverBench.Options(raft => (raft.ElectionTicksMin, raft.ElectionTicksMax) = (1_000_000, 2_000_000))).Start().Turn();
        Tick(100);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Tick(1_000);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        allocated.ShouldBe(0);

        void Tick(int count)
        {
            for (var i = 0; i < count; i++)
            {
                bench.Driver.Tick();
                bench.Turn();
            }
        }
    }

    [Fact]
    public void Messages_beyond_the_limit_of_the_inbox_are_lost()
    {
        using var bench = new DriverBench(options: DriverBench.Options(raft => raft.InboxMessagesMax = 2)).Start().Turn();

        for (var i = 1; i <= 3; i++)
        {
            bench.Driver.Receive(Two, bench.FromTwo(new Term(i), EntryId.Zero));
        }

        bench.Turn();

        bench.Driver.Raft!.CurrentTerm.ShouldBe(new Term(2));
    }
}
