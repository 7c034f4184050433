using OrleansRaft.Core;
using OrleansRaft.Runtime.Sessions;
using OrleansRaft.Runtime.StateMachines;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>Request ids of one party do not take the places of the others.</summary>
public sealed class RequestShareTests
{
    private const int Places = 12;

    private long time;
    private int requests;

    /// <summary>One party alone may have half of the places, two a third each, and a newcomer always finds one.</summary>
    [Fact]
    public void A_party_holds_as_many_ids_as_there_are_places_free()
    {
        using var bench = Lead();

        Fill(bench, "a").ShouldBe(6);
        Fill(bench, "b").ShouldBe(3);
        bench.Driver.RequestIds.ShouldBe(9);
        bench.Driver.RequestFill.ShouldBe(0.75);
        Fill(bench, "c").ShouldBe(2);
        Submit(bench, "d/1").Kind.ShouldBe(ReplyKind.Committed);
    }

    /// <summary>What is on its way counts for whoever sent it, and not for a stranger in the same moment.</summary>
    [Fact]
    public void A_flood_in_one_moment_keeps_to_its_share_too()
    {
        using var bench = Lead();

        var sink = bench.Submit(
        [
            .. Enumerable.Range(0, 20).Select(number => Request($"a/{number}", "x", 10)),
            .. Enumerable.Range(0, 20).Select(number => Request($"b/{number}", "x", 10)),
            Request("stranger/1", "x", 10),
        ]);
        bench.Settle();

        sink.Replies.Take(20).Count(reply => reply.Kind == ReplyKind.Committed).ShouldBe(6);
        sink.Replies.Skip(20).Take(20).Count(reply => reply.Kind == ReplyKind.Committed).ShouldBe(3);
        sink.Replies[40].Kind.ShouldBe(ReplyKind.Committed);
        Submit(bench, "stranger/2").Kind.ShouldBe(ReplyKind.Committed);
    }

    [Fact]
    public void Who_is_refused_is_told_when_the_oldest_id_is_forgotten_and_may_go_on_then()
    {
        using var bench = Lead();
        Submit(bench, "a/first");
        Advance(bench, 1_000);
        Fill(bench, "a").ShouldBe(5);

        var refused = Submit(bench, "a/late");
        refused.Reason.ShouldBe(RejectionReason.SessionTableFull);
        refused.RetryAfterMilliseconds.ShouldBe((int)(Retention - 1_000));
        refused.Detail.ShouldContain("6 request ids of the same party");

        Advance(bench, Retention - 1_001);
        Submit(bench, "a/late").RetryAfterMilliseconds.ShouldBe(1);
        Advance(bench, 1);
        Submit(bench, "a/late").Kind.ShouldBe(ReplyKind.Committed);
    }

    /// <summary>Only an entry makes a replica forget, so an idle group must take one from a party that had its share long ago.</summary>
    [Fact]
    public void A_group_that_was_idle_for_long_takes_ids_again()
    {
        using var bench = Lead();
        Fill(bench, "a");

        Advance(bench, 10 * Retention);

        Fill(bench, "a").ShouldBe(6);
    }

    [Fact]
    public void A_repetition_is_answered_although_its_party_has_its_share()
    {
        using var bench = Lead();
        var first = Submit(bench, "a/first");
        Fill(bench, "a");

        var again = Submit(bench, "a/first");

        again.Kind.ShouldBe(ReplyKind.Committed);
        again.Entry.ShouldBe(first.Entry);
    }

    /// <summary>Without parties, and for ids of nobody, places go to whoever comes first.</summary>
    [Fact]
    public void Ids_of_nobody_have_the_whole_table()
    {
        using var scoped = Lead();
        using var plain = new DriverBench(voters: 1, options: Options).Lead();

        for (var number = 0; number < Places; number++)
        {
            Submit(scoped, $"nobody{number}").Kind.ShouldBe(ReplyKind.Committed);
            Submit(plain, $"a/{number}").Kind.ShouldBe(ReplyKind.Committed);
        }

        foreach (var bench in new[] { scoped, plain })
        {
            var refused = Submit(bench, "nobody-else");
            refused.Reason.ShouldBe(RejectionReason.SessionTableFull);
            refused.RetryAfterMilliseconds.ShouldBe((int)Retention);
        }
    }

    /// <summary>Shares are counted from the table, so a replica that was restored counts like the others, and its snapshot is the same.</summary>
    [Fact]
    public void A_restored_replica_counts_like_the_others()
    {
        var (scoped, plain) = (new StateMachineHost<string, string>(new Scoped(), new TextCodec(), new TextCodec()), new HostBench());
        var entries = Enumerable.Range(1, 6).Select(number => new Entry(
            new EntryId(new Term(1), new LogIndex(number)),
            EntryKind.Command,
            new LogTime(5),
            Request($"{(number < 5 ? "a" : "b")}/{number}", "x", 100))).ToList();
        scoped.Apply(entries, new Reply[6]);
        entries.ForEach(entry => plain.Append(5, entry.Body));
        plain.Apply();
        var restored = new StateMachineHost<string, string>(new Scoped(), new TextCodec(), new TextCodec());

        restored.Restore(scoped.Capture());

        scoped.Capture().ToArray().ShouldBe(plain.Host.Capture().ToArray());
        restored.RequestIds.ShouldBe(6);
        var limits = CommandEnvelopeCodec.EncodeLimits(SessionLimits.Initial with { RequestIdsMax = 9 });
        foreach (IStateMachineHost host in new[] { scoped, restored })
        {
            host.Apply([new Entry(new EntryId(new Term(1), new LogIndex(7)), EntryKind.Command, new LogTime(6), limits)], new Reply[1]);
            host.RejectShare(EnvelopeView.Read(Request("a/new", "x", 100)), "a"u8, new LogTime(7), 0, 0).ShouldNotBeNull();
            host.RejectShare(EnvelopeView.Read(Request("b/new", "x", 100)), "b"u8, new LogTime(7), 0, 0).ShouldBeNull();
            host.RejectShare(EnvelopeView.Read(Request("c/new", "x", 100)), "c"u8, new LogTime(7), 0, 1).ShouldBeNull();
            host.RejectShare(EnvelopeView.Read(Request("b/new", "x", 100)), "b"u8, new LogTime(7), 1, 1).ShouldNotBeNull("another is on its way");
        }
    }

    private static RaftOptions Options => DriverBench.Options(raft => raft.RequestIdsMax = Places);

    private static DriverBench Lead() => new DriverBench(
        voters: 1, options: Options, machine: new StateMachineHost<string, string>(new Scoped(), new TextCodec(), new TextCodec())).Lead();

    /// <summary>Submits requests of a party until one is refused.</summary>
    private int Fill(DriverBench bench, string party)
    {
        for (var taken = 0; ; taken++)
        {
            if (Submit(bench, $"{party}/{requests++}").Kind != ReplyKind.Committed)
            {
                return taken;
            }
        }
    }

    private Reply Submit(DriverBench bench, string id)
    {
        var sink = bench.Submit(Request(id, "x", time + 10));
        bench.Settle();
        return sink.Reply;
    }

    private void Advance(DriverBench bench, long milliseconds)
    {
        time += milliseconds;
        bench.Time.Advance(TimeSpan.FromMilliseconds(milliseconds));
    }

    /// <summary>What stands before the slash is whose an id is.</summary>
    internal sealed class Scoped : IStateMachine<string, string>, IRequestScopes
    {
        private readonly TextMachine lines = new();

        public IReadOnlyList<string> Lines => lines.Lines;

        /// <summary>What it does first when it is asked whose an id is.</summary>
        public Action<string>? OnScope { get; set; }

        public ReadOnlySpan<byte> ScopeOf(ReadOnlySpan<byte> requestId)
        {
            OnScope?.Invoke(System.Text.Encoding.UTF8.GetString(requestId));
            return requestId.IndexOf((byte)'/') is > 0 and var end ? requestId[..end] : default;
        }

        public void Apply(ReadOnlySpan<Command<string>> commands, Span<string> results) => lines.Apply(commands, results);

        public string Query(in Command<string> query) => lines.Query(query);

        public void Capture(System.Buffers.IBufferWriter<byte> output) => lines.Capture(output);

        public void Restore(ReadOnlyMemory<byte> snapshot) => lines.Restore(snapshot);
    }
}
