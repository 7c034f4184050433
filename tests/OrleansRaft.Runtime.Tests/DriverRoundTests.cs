using OrleansRaft.Core;
using static OrleansRaft.Runtime.Tests.DriverBench;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>Commands that come while a round of replication is under way share the next.</summary>
public sealed class DriverRoundTests
{
    private static RaftOptions InRounds => DriverBench.Options(raft => raft.RoundBytesMin = 1_000);

    private static RaftOptions Patient =>
        DriverBench.Options(raft => (raft.RoundBytesMin, raft.RoundWaitMax) = (1_000, TimeSpan.FromMilliseconds(2)));

    [Fact]
    public void Whoever_comes_while_nothing_is_under_way_does_not_wait()
    {
        using var bench = new DriverBench(options: InRounds).Lead();

        bench.Submit(Request("a", "x", 1_000));
        bench.Turn();

        bench.Driver.Raft!.LastEntry.Index.ShouldBe(new LogIndex(2));
    }

    [Fact]
    public void Those_who_come_meanwhile_are_appended_together_when_the_round_is_committed()
    {
        using var bench = new DriverBench(options: InRounds).Lead();
        bench.Submit(Request("a", "x", 1_000));
        bench.Settle();

        var second = bench.Submit(Request("b", "y", 1_000));
        bench.Turn();
        var third = bench.Submit(Request("c", "z", 1_000));
        bench.Settle();
        bench.Driver.Raft!.LastEntry.Index.ShouldBe(new LogIndex(2));
        bench.Acknowledge(Two);

        bench.Driver.Raft.LastEntry.Index.ShouldBe(new LogIndex(4));
        bench.Sent.Count(sent => sent is (var to, AppendEntries { Block.Count: 2 }) && to == Two).ShouldBe(1);
        bench.Acknowledge(Two);
        Text(second.Reply).ShouldBe("2:y");
        Text(third.Reply).ShouldBe("3:z");
    }

    [Fact]
    public void Much_does_not_wait()
    {
        using var bench = new DriverBench(options: InRounds).Lead();
        bench.Submit(Request("a", "x", 1_000));
        bench.Settle();

        bench.Submit(Request("b", new string('y', 1_000), 1_000));
        bench.Turn();

        bench.Driver.Raft!.LastEntry.Index.ShouldBe(new LogIndex(3));
    }

    [Fact]
    public void A_leader_that_loses_office_refuses_those_who_wait_definitely()
    {
        using var bench = new DriverBench(options: InRounds).Lead();
        bench.Submit(Request("a", "x", 1_000));
        bench.Settle();
        var waiting = bench.Submit(Request("b", "y", 1_000));
        bench.Turn();

        bench.Tell(Three, bench.FromTwo(new Term(2), EntryId.Zero));

        waiting.Reply.Kind.ShouldBe(ReplyKind.Rejected);
        waiting.Reply.Leader.ShouldBe(Three);
    }

    [Fact]
    public void A_leader_that_steps_down_by_itself_refuses_those_who_wait()
    {
        using var bench = new DriverBench(options: InRounds).Lead();
        bench.Submit(Request("a", "x", 1_000));
        bench.Settle();
        var waiting = bench.Submit(Request("b", "y", 1_000));
        bench.Turn();

        for (var tick = 0; tick <= InRounds.ElectionTicksMax + 1; tick++)
        {
            bench.Time.Advance(InRounds.TickInterval);
            bench.Driver.Tick();
            bench.Settle();
        }

        waiting.Reply.Kind.ShouldBe(ReplyKind.Rejected);
    }

    [Fact]
    public void The_first_that_comes_back_after_a_round_of_several_waits_for_the_others_but_not_for_ever()
    {
        using var bench = AfterARoundOf(4);

        bench.Submit(Request("back", "x", 1_000));
        bench.Settle();
        bench.Driver.Raft!.LastEntry.Index.ShouldBe(new LogIndex(5));
        bench.Time.Advance(Patient.RoundWaitMax);
        bench.Settle();

        bench.Driver.Raft.LastEntry.Index.ShouldBe(new LogIndex(6));
    }

    [Fact]
    public void Three_quarters_of_those_who_were_there_begin_the_next_round_at_once()
    {
        using var bench = AfterARoundOf(4);

        for (var client = 0; client < 3; client++)
        {
            bench.Driver.Raft!.LastEntry.Index.ShouldBe(new LogIndex(5));
            bench.Submit(Request($"back-{client}", "x", 1_000));
            bench.Settle();
        }

        bench.Sent.Count(sent => sent is (var to, AppendEntries { Block.Count: 3 }) && to == Two).ShouldBe(1);
    }

    [Fact]
    public void Those_who_came_during_a_round_count_among_those_who_are_waited_for()
    {
        using var bench = new DriverBench(options: Patient).Lead();
        bench.Submit(Request("a", "x", 1_000));
        bench.Settle();
        bench.Submit(Request("b", "y", 1_000));
        bench.Settle();

        bench.Acknowledge(Two);
        bench.Driver.Raft!.LastEntry.Index.ShouldBe(new LogIndex(2));
        bench.Submit(Request("a-again", "x", 1_000));
        bench.Settle();

        bench.Driver.Raft.LastEntry.Index.ShouldBe(new LogIndex(4));
    }

    [Fact]
    public void Who_is_alone_never_waits_for_others()
    {
        using var bench = AfterARoundOf(1);

        bench.Submit(Request("back", "x", 1_000));
        bench.Turn();

        bench.Driver.Raft!.LastEntry.Index.ShouldBe(new LogIndex(3));
    }

    [Fact]
    public void A_leader_that_loses_office_refuses_those_who_wait_for_others()
    {
        using var bench = AfterARoundOf(4);
        var waiting = bench.Submit(Request("back", "y", 1_000));
        bench.Turn();

        bench.Tell(Three, bench.FromTwo(new Term(2), EntryId.Zero));

        waiting.Reply.Kind.ShouldBe(ReplyKind.Rejected);
        waiting.Reply.Leader.ShouldBe(Three);
    }

    /// <summary>A leader that has just committed a round.</summary>
    private static DriverBench AfterARoundOf(int commands)
    {
        var bench = new DriverBench(options: Patient).Lead();
        bench.Submit([.. Enumerable.Range(0, commands).Select(client => Request($"first-{client}", "x", 1_000))]);
        bench.Settle();
        bench.Acknowledge(Two);
        bench.Driver.Raft!.LastEntry.Index.ShouldBe(new LogIndex(1 + commands));
        bench.Sent.Clear();
        return bench;
    }
}
