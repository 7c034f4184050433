using OrleansRaft.Core;
using OrleansRaft.Runtime.StateMachines;
using static OrleansRaft.Runtime.Tests.DriverBench;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>Whose a request id is, an application says: where that throws or takes its time, nobody pays but whoever sent that id.</summary>
public sealed class RequestScopeTests
{
    private readonly RequestShareTests.Scoped machine = new();

    public static TheoryData<bool> OnItsOwnThread => [false, true];

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_command_for_whose_id_it_throws_is_refused_before_it_is_proposed_and_the_others_are_not(bool hasThread)
    {
        using var bench = Bench(hasThread ? new ScriptedExecutor() : null).Lead();
        machine.OnScope = static id => _ = id == "bad" ? throw new ArgumentOutOfRangeException(null, "no slash") : id;

        var sink = bench.Submit(Request("a/1", "one", 100_000), Request("bad", "two", 100_000), Request("b/1", "three", 100_000));
        bench.Settle();

        sink.Replies[0].Kind.ShouldBe(ReplyKind.Committed);
        sink.Replies[1].Kind.ShouldBe(ReplyKind.Rejected);
        sink.Replies[1].Reason.ShouldBe(RejectionReason.MachineFailed);
        sink.Replies[1].Detail.ShouldContain("IRequestScopes.ScopeOf");
        sink.Replies[1].Detail.ShouldContain("ArgumentOutOfRangeException: no slash");
        sink.Replies[2].Kind.ShouldBe(ReplyKind.Committed);
        machine.Lines.ShouldBe(["k=one", "k=three"]);
        bench.StoppedBy.ShouldBeNull();
        bench.Halted.ShouldBeNull();
        bench.Driver.Raft!.LastEntry.Index.ShouldBe(new LogIndex(3));
    }

    /// <summary>The leader that appended it ran another program; what is in the log counts.</summary>
    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void What_is_in_the_log_or_in_a_snapshot_is_applied_whatever_it_throws(bool hasThread)
    {
        using var bench = Bench(hasThread ? new ScriptedExecutor() : null, voters: 3).Start();
        machine.OnScope = static _ => throw new InvalidOperationException("cannot tell");
        var append = bench.FromTwo(
            new Term(3), EntryId.Zero, (EntryKind.Command, Request("a/1", "one", 100_000)), (EntryKind.Command, Request("b/1", "two", 100_000)));

        bench.Tell(Two, append with { LeaderCommit = new LogIndex(2) }).Settle();
        var restored = new StateMachineHost<string, string>(machine, new TextCodec(), new TextCodec());
        var other = new HostBench();
        other.Append(1, Request("a/1", "three", 100_000)).Apply();
        restored.Restore(other.Host.Capture());

        bench.StoppedBy.ShouldBeNull();
        bench.Halted.ShouldBeNull();
        bench.Driver.Raft!.AppliedIndex.ShouldBe(new LogIndex(2));
        machine.Lines.ShouldBe(["k=three"], "it was restored last");
        restored.RequestIds.ShouldBe(1);
    }

    [Fact]
    public void It_is_never_asked_on_the_turn_that_steps_Raft_and_once_for_each_id_where_it_is_proposed_and_where_it_is_applied()
    {
        var executor = new ScriptedExecutor();
        using var bench = Bench(executor).Lead();
        var asked = new List<(string Id, bool IsOnTurn)>();
        machine.OnScope = id => asked.Add((id, !executor.IsRunning));

        bench.Submit(Request("a/1", "one", 100_000), Request("b/1", "two", 100_000));
        bench.Settle();
        bench.Time.Advance(TimeSpan.FromMilliseconds(2 * Retention));
        bench.Submit(Request("c/1", "three", (2 * Retention) + 100));
        bench.Settle();

        bench.Driver.RequestIds.ShouldBe(1, "the others are forgotten");
        asked.ShouldAllBe(one => !one.IsOnTurn);
        asked.Select(static one => one.Id).ShouldBe(["a/1", "b/1", "a/1", "b/1", "c/1", "c/1"]);
    }

    /// <summary>A leader asks the tables whether there is room, on its turn: nobody's code may hold them up.</summary>
    [Fact]
    public void While_it_takes_its_time_the_tables_are_open_to_the_turn()
    {
        var host = new StateMachineHost<string, string>(machine, new TextCodec(), new TextCodec());
        var wereOpen = false;
        machine.OnScope = _ =>
        {
            // A thread that never comes is a failure, and not a test that never ends.
            var turn = new Thread(
                () => ((IStateMachineHost)host).RejectShare(EnvelopeView.Read(Request("a/2", "x", 100)), "a"u8, new LogTime(1), 0, 0));
            turn.IsBackground = true;
            turn.Start();
            wereOpen = turn.Join(TimeSpan.FromSeconds(20));
        };

        host.Apply([new Entry(new EntryId(new Term(1), new LogIndex(1)), EntryKind.Command, new LogTime(1), Request("a/1", "x", 100))], new Reply[1]);

        wereOpen.ShouldBeTrue();
    }

    /// <summary>It may name a party by other bytes than a part of the id, or by none of them.</summary>
    [Fact]
    public void A_party_that_is_no_part_of_its_id_counts_as_well()
    {
        var everybody = new StateMachineHost<string, string>(new OneParty(), new TextCodec(), new TextCodec());
        using var bench = new DriverBench(voters: 1, options: Options(raft => raft.RequestIdsMax = 4), machine: everybody).Lead();

        var sink = bench.Submit(Request("x", "1", 10), Request("y", "2", 10), Request("z", "3", 10));
        bench.Settle();

        sink.Replies.Select(static reply => reply.Kind).ShouldBe([ReplyKind.Committed, ReplyKind.Committed, ReplyKind.Rejected]);
        sink.Replies[2].Reason.ShouldBe(RejectionReason.SessionTableFull);
    }

    private DriverBench Bench(ScriptedExecutor? executor, int voters = 1) =>
        new(voters, machine: new StateMachineHost<string, string>(machine, new TextCodec(), new TextCodec()), executor: executor);

    /// <summary>All ids belong to one party.</summary>
    private sealed class OneParty : IStateMachine<string, string>, IRequestScopes
    {
        public ReadOnlySpan<byte> ScopeOf(ReadOnlySpan<byte> requestId) => "all"u8;

        public void Apply(ReadOnlySpan<Command<string>> commands, Span<string> results) => results.Fill("");

        public string Query(in Command<string> query) => "";

        public void Capture(System.Buffers.IBufferWriter<byte> output)
        {
        }

        public void Restore(ReadOnlyMemory<byte> snapshot)
        {
        }
    }
}
