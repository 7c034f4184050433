using OrleansRaft.Core;
using OrleansRaft.Runtime.Sessions;
using OrleansRaft.Runtime.StateMachines;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>The session tables are kept, shown and bounded like any large state.</summary>
public sealed class SessionStateTests
{
    // Written by a former program: two commands of a session, one under a request id, other limits; then two entries were skipped.
    private const string Former = "01010504C0CF240980DDDB01904E904E010161C3CF240104A364F402D341BFCF03333A7A010102000201010271C8D21C48352E0C03313A78"
        + "03010348A6C0AF04AF65AA03323A79036B3D78036B3D79036B3D7A";

    private const string FormerWithSkipped = "02010705C0CF240980DDDB01904E904E020161C3CF240104A364F402D341BFCF03333A7A0162C5CF2401068150E8A9AED418F5"
        + "00010105000301010271C8D21C48352E0C03313A7803010348A6C0AF04AF65AA03323A79040107C8AEEE36ED5AE15600020601036B3D78036B3D79036B3D7A";

    [Fact]
    public void Snapshots_of_former_programs_are_still_read()
    {
        var session = new LogIndex(1);
        var bench = Read(Convert.FromHexString(Former));

        bench.Host.AppliedEntry.ShouldBe(new EntryId(new Term(1), new LogIndex(5)));
        bench.Host.Limits.ShouldBe(SessionLimits.Initial with { RequestIdsMax = 9 });
        bench.Host.RequestIds.ShouldBe(1);
        bench.Machine.Lines.ShouldBe(["k=x", "k=y", "k=z"]);
        Text(bench.Apply(6, InSession(session, 1, "x", 100))).ShouldBe("1:x");
        Text(bench.Apply(6, InSession(session, 3, "y", 100))).ShouldBe("2:y");
        Text(bench.Apply(6, Request("a", "z", 100))).ShouldBe("3:z");
        Text(bench.Apply(6, Request("new", "w", 100))).ShouldBe("4:w");
        RestoredFrom(bench).Host.Capture().ToArray().ShouldBe(bench.Host.Capture().ToArray());
    }

    [Fact]
    public void What_former_programs_skipped_stays_skipped()
    {
        var bench = Read(Convert.FromHexString(FormerWithSkipped));

        // The third form names the machine's version behind the skipped entries.
        var third = Read(Convert.FromHexString("03" + FormerWithSkipped[2..].Replace("020601", "02060101", StringComparison.Ordinal)));
        foreach (var replica in new[] { bench, RestoredFrom(bench), third })
        {
            replica.Apply(6, Request("b", "w", 100)).Reason.ShouldBe(RejectionReason.Skipped);
            replica.Apply(6, InSession(new LogIndex(1), 4, "v", 100)).Reason.ShouldBe(RejectionReason.Skipped);
            Text(replica.Apply(6, Request("a", "z", 100))).ShouldBe("3:z");
        }
    }

    [Fact]
    public void A_former_snapshot_that_is_cut_is_refused()
    {
        foreach (var whole in new[] { Former, FormerWithSkipped })
        {
            // The last twelve bytes are the machine's own.
            var bytes = Convert.FromHexString(whole);
            for (var length = 1; length < bytes.Length - 12; length++)
            {
                Should.Throw<CorruptDataException>(() => Read(bytes[..length]), $"{length} bytes");
            }
        }
    }

    /// <summary>
    /// Results that their clients leave for long go where snapshots come from, and are found there, forgotten there, and expire there.
    /// </summary>
    [Fact]
    public void Results_that_stay_are_found_whether_they_were_put_away_or_not()
    {
        var (bench, put) = (new HostBench(), new HostBench());
        var session = bench.OpenSession(0);
        put.OpenSession(0);
        const int Commands = ClientSessionTable.RecentMax + 10;
        foreach (var replica in new[] { bench, put })
        {
            replica.Apply(0, CommandEnvelopeCodec.EncodeLimits(replica.Host.Limits with { SessionResultsMax = Commands }));
            for (var sequence = 1; sequence <= Commands; sequence++)
            {
                replica.Append(1, InSession(session, sequence, "x" + sequence, 100));
            }

            replica.Apply();
            if (replica == put)
            {
                replica.Host.Capture();
            }

            Text(replica.Apply(2, InSession(session, 7, "x7", 100))).ShouldBe("7:x7");
            replica.Apply(2, InSession(session, Commands + 1, "y", 100)).Reason.ShouldBe(RejectionReason.SessionTableFull);
            replica.Apply(2, InSession(session, 8, "other", 100)).Reason.ShouldBe(RejectionReason.RequestIdReused);
            Text(replica.Apply(2, InSession(session, Commands + 1, "y", 100, answeredBelow: 6))).ShouldBe($"{Commands + 1}:y");
            replica.Apply(2, InSession(session, 5, "x5", 100)).Kind.ShouldBe(ReplyKind.Unknown);
            Text(replica.Apply(2, InSession(session, 6, "x6", 100))).ShouldBe("6:x6");
        }

        bench.Host.Capture().ToArray().ShouldBe(put.Host.Capture().ToArray());
        var restored = RestoredFrom(bench);
        Text(restored.Apply(3, InSession(session, Commands, "x" + Commands, 100))).ShouldBe($"{Commands}:x{Commands}");
        foreach (var replica in new[] { bench, put, restored })
        {
            replica.Apply(5_000_000, InSession(session, 9, "x9", 6_000_000)).Reason.ShouldBe(RejectionReason.UnknownSession);
        }

        put.Host.Capture().Length.ShouldBe(bench.Host.Capture().Length);
        (bench.Host.Capture().Length - string.Join("", bench.Machine.Lines).Length).ShouldBeLessThan(6 * Commands, "nothing is left of the session");
    }

    [Fact]
    public void Ids_are_refused_when_they_cost_as_much_as_an_operator_allows()
    {
        var bench = new HostBench();
        bench.Apply(0, CommandEnvelopeCodec.EncodeLimits(bench.Host.Limits with { RequestBytesMax = 300 }));
        for (var number = 0; number < 5; number++)
        {
            Text(bench.Apply(1, Request($"id-{number}", "x", 100))).ShouldBe($"{number + 1}:x");
        }

        bench.Host.RequestBytes.ShouldBe(5 * (48 + 4 + 3));
        bench.Apply(1, Request("id-6", new string('y', 30), 100)).Kind.ShouldBe(ReplyKind.Committed);
        var refused = bench.Apply(2, Request("id-7", "z", 100));

        refused.Reason.ShouldBe(RejectionReason.SessionTableFull);
        refused.RetryAfterMilliseconds.ShouldBe((int)Retention - 1);
        refused.Detail.ShouldContain("Raft:RequestBytesMax");
        Text(bench.Apply(3, Request("id-1", "x", 100))).ShouldBe("2:x", "repetitions are answered all the same");
        Text(bench.Apply(Retention + 1, Request("id-7", "z", Retention + 1))).ShouldBe("7:z");
        bench.Host.RequestBytes.ShouldBe(48 + 4 + 3);
    }

    /// <summary>A replica that applies long batches does not know results before it must decide; it has to decide as the others do.</summary>
    [Fact]
    public void Replicas_refuse_the_same_ids_however_long_their_batches_are()
    {
        var (single, batched) = (new HostBench(), new HostBench());
        var limits = CommandEnvelopeCodec.EncodeLimits(single.Host.Limits with { RequestBytesMax = 150_000 });
        single.Apply(0, limits);
        batched.Append(0, limits);
        var answers = new List<ReplyKind>();
        for (var number = 0; number < 40; number++)
        {
            var request = Request($"{number}", new string('r', 10_000), 100);
            answers.Add(single.Apply(1, request).Kind);
            batched.Append(1, request);
        }

        batched.Apply().Skip(1).Select(reply => reply.Kind).ShouldBe(answers);

        answers.Count(kind => kind == ReplyKind.Committed).ShouldBe(15);
        batched.Machine.Batches.ShouldBeGreaterThan(1);
        batched.Host.Capture().ToArray().ShouldBe(single.Host.Capture().ToArray());
    }

    [Fact]
    public void A_machine_is_told_how_large_its_state_may_be_at_each_command()
    {
        var machine = new Told();
        var host = new StateMachineHost<string, string>(machine, new TextCodec(), new TextCodec());
        var limits = CommandEnvelopeCodec.EncodeLimits(SessionLimits.Initial with { StateBytesMax = 12 });
        var entries = new[] { Request("a", "x", 10), limits, Request("b", "y", 10) }
            .Select((body, place) => new Entry(new EntryId(new Term(1), new LogIndex(place + 1)), EntryKind.Command, new LogTime(1), body)).ToList();

        host.Apply(entries, new Reply[3]);

        machine.Limits.ShouldBe([long.MaxValue, 12]);
    }

    [Fact]
    public void Limits_of_former_programs_leave_those_that_they_do_not_know()
    {
        var written = CommandEnvelopeCodec.EncodeLimits(SessionLimits.Initial with { RequestIdsMax = 9 });
        var former = new SessionLimits(1, 2, 3, 4, 5);

        EnvelopeView.Read(written).Limits.ShouldBe(SessionLimits.Initial with { RequestIdsMax = 9 });
        EnvelopeView.Read((byte[])[.. written.Span[..2], 1, 2, 3, 4, 5]).Limits.ShouldBe(former);
        former.RequestBytesMax.ShouldBe(SessionLimits.Initial.RequestBytesMax);
        Should.Throw<CorruptDataException>(() => EnvelopeView.Read((byte[])[.. written.Span[..2], 1, 2, 3, 4, 5, 0, 1]));
    }

    private static HostBench Read(byte[] snapshot)
    {
        var bench = new HostBench();
        bench.Restore(snapshot);
        return bench;
    }

    private sealed class Told : IStateMachine<string, string>
    {
        private readonly TextMachine lines = new();

        public List<long> Limits { get; } = [];

        public void Apply(ReadOnlySpan<Command<string>> commands, Span<string> results)
        {
            foreach (ref readonly var command in commands)
            {
                Limits.Add(command.StateBytesMax);
            }

            lines.Apply(commands, results);
        }

        public string Query(in Command<string> query) => lines.Query(query);

        public void Capture(System.Buffers.IBufferWriter<byte> output) => lines.Capture(output);

        public void Restore(ReadOnlyMemory<byte> snapshot) => lines.Restore(snapshot);
    }
}
