using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Cli.Maelstrom;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Counters;
using OrleansRaft.Counters.Web;
using OrleansRaft.Counters.Web.Tenants;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Replicas;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Lab.Web;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Backup;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Server.Access;
using OrleansRaft.Server.Faults;
using OrleansRaft.Server.Groups;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Limits;
using OrleansRaft.Server.Problems;
using OrleansRaft.Simulation.Script;
using ScenarioLibrary = OrleansRaft.Lab.Scenarios.ScenarioLibrary;

namespace OrleansRaft.Integration.Tests.Fuzzing;

/// <summary>Every codec and every parser that reads bytes from outside.</summary>
internal static class FuzzTargets
{
    private const int BinaryRounds = 60_000;
    private const int TextRounds = 15_000;

    private static readonly CounterCommandCodec CommandsCodec = new();
    private static readonly CounterResultCodec ResultsCodec = new();
    private static readonly Configuration Members = Configuration.OfVoters(3);
    private static readonly EntryId Second = new(new Term(2), new LogIndex(2));

    private static readonly EntryBlock Block = new(
        EntryId.Zero,
        [
            new Entry(new EntryId(new Term(1), new LogIndex(1)), EntryKind.NoOp, LogTime.Zero, default),
            new Entry(Second, EntryKind.Configuration, new LogTime(5), ConfigurationCodec.Encode(Members)),
            new Entry(
                new EntryId(new Term(2), new LogIndex(3)), EntryKind.Command, new LogTime(5), Envelope("k", "request", new IncrementCounter(3))),
        ]);

    private static readonly SnapshotDescriptor Snapshot = new(Second, new LogTime(7), Members, 1_000);

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        Binary("messages", Messages().Select(Encode), bytes => MessageCodec.Decode(bytes)),
        Binary("entry blocks", [Block.Encoded.ToArray()], bytes => EntryBlock.Decode(bytes)),
        Binary("entry blocks with a right checksum", [Block.Encoded.ToArray()], bytes => EntryBlock.Decode(WithChecksum(bytes))),
        Binary("snapshot descriptors", [SnapshotDescriptorCodec.Encode(Snapshot).ToArray()], bytes => SnapshotDescriptorCodec.Decode(bytes)),
        Binary(
            "snapshot descriptors with skipped entries",
            [SnapshotDescriptorCodec.Encode(Snapshot with { Skipped = SkippedEntries.None.With(new LogIndex(1)).With(new LogIndex(300)) }).ToArray()],
            bytes => SnapshotDescriptorCodec.Decode(bytes)),
        Binary("decisions to skip an entry", [SkipDecisionCodec.Encode(Second).ToArray()], bytes => SkipDecisionCodec.Decode(bytes)),
        Binary("configurations", [ConfigurationCodec.Encode(Members).ToArray()], bytes => ConfigurationCodec.Decode(bytes)),
        Binary("envelopes", [Envelope("k", "request", new SetCounter(-1)).ToArray(), SessionEnvelope()], bytes => CommandEnvelopeCodec.Decode(bytes)),
        // What seems to be of a later version of the machine is left to a newer program.
        new(
            "snapshots of counters and sessions",
            [CapturedCounters()],
            bytes => Counters().Restore(bytes),
            failure => failure is CorruptDataException or MachineException { InnerException: null },
            BinaryRounds),
        Binary("snapshots of counters", [CapturedMachine()], bytes => new CounterMachine().Restore(new MemoryStream(bytes))),
        Binary("snapshots of counters by tenant", [CapturedByTenant()], bytes => new CounterMachine().Restore(new MemoryStream(bytes))),
        Binary("backups", [Backup()], ReadBackup),
        Binary("keyed states", [CapturedKeys()], bytes => new KeyedState().Restore(new MemoryStream(bytes))),
        Binary("commands of counters", CounterCommands().Select(Encode), bytes => CommandsCodec.Read(bytes)),
        Binary("results of counters", CounterResults().Select(Encode), bytes => ResultsCodec.Read(bytes)),
        Binary("replies", [Replies()], bytes => RequestCodec.DecodeReplies(bytes)),
        Binary(
            "forwarded commands",
            [RequestCodec.EncodeCommands(Slot, [Envelope("k", "r", new GetCounter())])],
            bytes => RequestCodec.DecodeCommands(bytes)),
        Binary("forwarded queries", [RequestCodec.EncodeQueries(Slot, [new QueryEnvelope("k", Encode(new GetCounter()))], ReadConsistency.Stale)],
            bytes => RequestCodec.DecodeQueries(bytes)),
        Binary("batches of a lane", [LaneBatch()], ReadLaneBatch),
        Binary(
            "answers of a lane",
            [
                LaneBatchCodec.EncodeAnswer(
                    [new FrameMiss(1, FrameFate.Absent), new FrameMiss(5, FrameFate.Lost), new FrameMiss(200, FrameFate.LostWithRest)]),
            ],
            bytes => LaneBatchCodec.DecodeAnswer(bytes, 300)),
        Binary("entries for people", [EntryListCodec.Encode([.. Block.Entries])], bytes => EntryListCodec.Decode(bytes)),
        Binary(
            "changes of members",
            [MemberChangeCodec.Encode([new MemberChange(MemberChangeKind.AddVoter, new ReplicaId(4), 1, "disk")], new LogIndex(3))],
            bytes => MemberChangeCodec.Decode(bytes)),
        Binary("commands of Maelstrom", [KvCommandCodec.Instance.Encode(new KvCommand(KvAction.CompareAndSet, "1", "2", "3")).ToArray()],
            bytes => KvCommandCodec.Instance.Read(bytes)),
        Binary("results of Maelstrom", [[1, 2, 49, 50]], bytes => KvResultCodec.Instance.Read(bytes)),
        Binary("snapshots of Maelstrom", [[2, 1, 49, 1, 50, 3, 34, 97, 34, 1, 49]], bytes => new KvMachine().Restore(bytes)),
        Binary("cluster rows", [Utf8(ClusterRow.Write(Cluster))], bytes => ClusterRow.Read(Encoding.UTF8.GetString(bytes)), TextRounds),
        new(
            "lines of Maelstrom",
            [.. MaelstromLines.Select(Utf8)],
            ReadMaelstromLine,
            failure => failure is FormatException or InvalidOperationException,
            TextRounds),
        Text("lines of the scripted cluster", ScriptLines, ReadScriptLine),
        Text(
            "bodies of requests",
            ["""{"by":5}""", """{ "by" : -9223372036854775808 }"""],
            bytes => Require(RequestBody.ParseInt64(new ReadOnlySequence<byte>(bytes), "by")),
            BinaryRounds),
        Text("bodies that change members", MembersBodies, bytes => ReadBody(bytes, MembersBody.ReadAdditionAsync)),
        Text(
            "bodies that remove members",
            ["""{"replica":4,"version":17,"force":true}""", """{"replica":4}"""],
            bytes => ReadBody(bytes, MembersBody.ReadRemovalAsync)),
        Text("bodies that begin faults", FaultBodies, bytes => ReadBody(bytes, FaultBody.ReadAsync)),
        Text("bodies that make keys", KeyBodies, bytes => ReadBody(bytes, KeyBody.ReadWantedAsync)),
        Text("bodies that sign in", ["""{"key":"oraft_0123456789"}"""], bytes => ReadBody(bytes, KeyBody.ReadKeyAsync)),
        Text("bodies that set limits", LimitBodies, bytes => ReadBody(bytes, request => LimitEndpoints.ReadAsync(request, "acme"))),
        Text("notes about tenants", ["""{"text":"pays yearly \u00e9"}"""], bytes => ReadBody(bytes, TenantEndpoints.ReadTextAsync)),
        Text(
            "scenarios of the lab",
            ScenarioLibrary.All.Select(scenario => scenario.Source.GetRawText()),
            bytes => Require(LabEndpoints.Parse(new ReadOnlySequence<byte>(bytes)))),
        Text("queries and headers of requests", Queries, ReadQuery),
    ];

    private static ClusterDefinition Cluster => new("fuzz", [new GroupSet("counters", 2, 3)], 1, ["disk"]);

    private static GroupTable Groups
    {
        get
        {
            if (field is null)
            {
                field = new GroupTable();
                field.Load(Cluster);
            }

            return field;
        }
    }

    private static ReplicaSlot Slot => new(Groups.Groups[0], new ReplicaId(1));

    private static string[] MaelstromLines =>
    [
        """{"src":"c1","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1","n2"]}}""",
        """{"src":"c1","dest":"n1","body":{"type":"read","msg_id":2,"key":[1,{"a":null}]}}""",
        """{"src":"c1","dest":"n1","body":{"type":"write","msg_id":3,"key":"k","value":1.50}}""",
        """{"src":"c1","dest":"n1","body":{"type":"cas","msg_id":4,"key":1,"from":"x","to":{"b":1,"a":2},"create_if_not_exists":true}}""",
        """{"src":"n2","dest":"n1","body":{"type":"raft","data":"AQIDBA=="}}""",
    ];

    private static string[] ScriptLines =>
    [
        """{"id":1,"op":"add-nodes","count":3,"voters":[1,2,3],"index":10,"content":"x","prevote":true,"checkquorum":false,"inflight":2}""",
        """{"id":2,"op":"campaign","node":1}""", """{"id":3,"op":"stabilize"}""", """{"id":4,"op":"propose","node":1,"data":"SET 5"}""",
        """{"id":5,"op":"propose-conf-change","node":1,"v1":false,"transition":"explicit","changes":[{"type":"voter","node":4},{"type":"remove","node":2}]}""",
        """{"id":6,"op":"deliver-msgs","to":[1],"drop":[2],"type":"first"}""", """{"id":7,"op":"tick","node":2,"count":3}""", """{"id":8,"op":"state"}""",
        """{"id":9,"op":"compact","node":1,"index":11}""", """{"id":10,"op":"transfer-leadership","from":1,"to":2}""", """{"id":11,"op":"process-ready","node":2}""",
        """{"id":12,"op":"send-snapshot","from":1,"to":3}""", """{"id":13,"op":"restart","node":1}""", """{"id":14,"op":"add-nodes","count":1}""",
    ];

    private static string[] MembersBodies =>
        ["""{"replica":4,"version":17}""", """{"replica":4,"replaces":1,"learner":true,"silo":"silo-\u00e9","version":3}""", """{"voters":5}"""];

    private static string[] FaultBodies =>
    [
        """{"kind":"slow","group":"counters-0","replica":"leader","milliseconds":5,"seconds":60}""",
        """{"kind":"split","silos":["silo-1","silo-\u00e9"],"replicas":[1,2]}""", """{"kind":"cut","from":"silo-1","to":2,"oneWay":true}""",
    ];

    private static string[] KeyBodies =>
    [
        """{"name":"clock-\u00e9","role":"writer","tenants":["acme","other"],"seconds":3600}""", """{"name":"b","role":"admin"}""",
    ];

    private static string[] LimitBodies =>
        ["""{"requestsPerSecond":5,"burst":7,"atOnce":1,"idempotencyKeys":9,"counters":1000000000000,"bytes":1}""", """{"counters":0}"""];

    private static string[] Queries => ["?consistency=stale&after=12&limit=10", "?after=12&limit=1000", "?consistency=linearizable", "\"12\"", "*"];

    private static FuzzTarget Binary(string name, IEnumerable<byte[]> samples, Action<byte[]> read, int rounds = BinaryRounds) =>
        new(name, [.. samples], read, failure => failure is CorruptDataException, rounds);

    /// <summary>Text is refused with a problem, which says what is wrong with it.</summary>
    private static FuzzTarget Text(string name, IEnumerable<string> samples, Action<byte[]> read, int rounds = TextRounds) =>
        new(name, [.. samples.Select(Utf8)], read, failure => failure is RefusedTextException, rounds);

    private static IEnumerable<Message> Messages() =>
    [
        new PreVote(new Term(3), Second),
        new RequestVote(new Term(3), Second, true),
        new RequestVoteResponse(new Term(3), true),
        new AppendEntries(new Term(3), new LogIndex(1), Block, new LogIndex(2), new ReadSequence(9)),
        new AppendEntriesResponse(new Term(3), new LogIndex(1), false, Second, new LogIndex(7), new ReadSequence(9)) { IsHalted = true },
        new InstallSnapshot(new Term(3), new LogIndex(1), Snapshot, 0, "state"u8.ToArray(), false, new ReadSequence(9)),
        new InstallSnapshot(
            new Term(3),
            new LogIndex(1),
            Snapshot with { Skipped = SkippedEntries.None.With(new LogIndex(1)) },
            0,
            "state"u8.ToArray(),
            false,
            new ReadSequence(9)),
        new InstallSnapshotResponse(new Term(3), new LogIndex(1), Second, 5, false, new ReadSequence(9)),
        new SnapshotRequest(new Term(3), new LogIndex(4)),
        new SnapshotRequest(new Term(3), new LogIndex(4)) { WrongAt = new LogIndex(2) },
        new ComparisonRequest(new Term(3), new LogIndex(1), Second)
        {
            Verdict = ComparisonVerdict.Diverged,
            Majority = new StateDigest(7, "a digest"u8.ToArray()),
        },
        new ComparisonResponse(new Term(3), new LogIndex(1), Second, new StateDigest(7, "a digest"u8.ToArray())),
        new TimeoutNow(new Term(3)),
        new Quiesce(new Term(3), new LogIndex(1), Second, new ReplicaId(2)),
        new ReadIndexRequest(new Term(3), 5),
        new ReadIndexResponse(new Term(3), 5, new LogIndex(6)),
    ];

    private static CounterCommand[] CounterCommands() =>
    [
        new IncrementCounter(5, CounterCondition.Exists), new SetCounter(long.MinValue, CounterCondition.Unchanged(7)), new DeleteCounter(),
        new GetCounter(), new ListCounters("t", "a", 7), new MeasureTenant("t"),
    ];

    private static CounterResult[] CounterResults() =>
    [
        new CounterValue(1, 2, 3), new CounterDeleted(1, 2), CounterNotFound.Instance, new CounterCommandRefused("no"),
        new CounterPage([new ListedCounter("a", 1, 2, 3)], true), new CounterStateFull(5, 4), new TenantMeasured(3, 90),
    ];

    private static byte[] Encode(Message message)
    {
        var output = new ArrayBufferWriter<byte>();
        MessageCodec.Encode(message, output);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Encode(CounterCommand command)
    {
        var output = new ArrayBufferWriter<byte>();
        CommandsCodec.Write(command, output);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Encode(CounterResult result)
    {
        var output = new ArrayBufferWriter<byte>();
        ResultsCodec.Write(result, output);
        return output.WrittenSpan.ToArray();
    }

    private static ReadOnlyMemory<byte> Envelope(string key, string request, CounterCommand command) =>
        CommandEnvelopeCodec.Encode(CommandEnvelope.ForRequest(key, Encode(command), new LogTime(60_000), request));

    private static byte[] SessionEnvelope() =>
        CommandEnvelopeCodec.Encode(CommandEnvelope.ForSession("t/c", Encode(new GetCounter()), new LogTime(60_000), new LogIndex(4), 3, 2))
            .ToArray();

    private static StateMachineHost<CounterCommand, CounterResult> Counters() =>
        new(new CounterMachine(), CommandsCodec, ResultsCodec);

    private static byte[] CapturedCounters()
    {
        var host = Counters();
        host.Apply([.. Block.Entries], new Reply[Block.Count]);
        return host.Capture().ToArray();
    }

    private static byte[] CapturedMachine()
    {
        var machine = new CounterMachine();
        machine.Apply([new Command<CounterCommand>(new SetCounter(7), "acme/visits", Second, LogTime.Zero)], new CounterResult[1]);
        return Written(machine.TakeView());
    }

    private static byte[] CapturedByTenant() => Convert.FromHexString(
        "01" + "01" + "0461636D65" + "02" + "0142" + "0700000000000000" + "AC02" + "03" + "06766973697473" + "FEFFFFFFFFFFFFFF" + "01" + "01");

    private static byte[] Backup()
    {
        using var output = new MemoryStream();
        using var writer = new BackupWriter(output);
        var head = new BackupHead(
            1, Guid.Empty, DateTimeOffset.UnixEpoch, "1.0.0", JsonSerializer.Deserialize<JsonElement>(ClusterRow.Write(Cluster)), []);
        writer.BeginAsync(head, CancellationToken.None).GetAwaiter().GetResult();
        foreach (var group in head.GroupNames())
        {
            var state = CapturedKeys();
            writer.BeginGroupAsync(group, new ReplicaId(1), "silo", CancellationToken.None).GetAwaiter().GetResult();
            writer.WriteChunkAsync(state, CancellationToken.None).GetAwaiter().GetResult();
            writer.EndGroupAsync(Snapshot with { SizeBytes = state.Length, Checksum = Crc32C.Compute(state) }, CancellationToken.None)
                .GetAwaiter()
                .GetResult();
        }

        writer.EndAsync(CancellationToken.None).GetAwaiter().GetResult();
        return output.ToArray();
    }

    private static void ReadBackup(byte[] bytes)
    {
        using var reader = new BackupReader(new MemoryStream(bytes), "a backup");
        reader.ReadToEndAsync(null, CancellationToken.None).GetAwaiter().GetResult();
    }

    private static byte[] CapturedKeys()
    {
        var state = new KeyedState();
        state.Set("a"u8, "1"u8);
        state.Set("ab"u8, new byte[700]);
        state.Set("b"u8, default);
        return Written(state.View());
    }

    private static byte[] Written(IStateView view)
    {
        using (view)
        {
            var output = new ArrayBufferWriter<byte>();
            view.Write(output);
            return output.WrittenSpan.ToArray();
        }
    }

    private static byte[] Replies() => RequestCodec.EncodeReplies(new ReplyBatch(
        [
            Reply.Committed(Second, "ok"u8.ToArray()),
            Reply.Rejected(RejectionReason.NoLeader, new ReplicaId(2), 5, "elsewhere"),
            Reply.Unknown("who knows"),
        ],
        new LogTime(9)));

    private static void ReadLaneBatch(byte[] bytes)
    {
        var reader = new LaneReader();
        LaneBatchCodec.Decode(bytes, Groups, reader);
        if (reader.Refusal is { } refusal)
        {
            throw refusal;
        }
    }

    private static byte[] LaneBatch() => LaneBatchCodec.Encode(
        [
            .. Messages().Select(message => new MessageFrame(new Nobody(), Slot, 77, message)),
            new RequestFrame(LaneFrameKind.Commands, new LaneCall(5), RequestCodec.EncodeCommands(Slot, [Envelope("k", "r", new GetCounter())])),
            new RequestFrame(
                LaneFrameKind.Queries,
                new LaneCall(5),
                RequestCodec.EncodeQueries(Slot, [new QueryEnvelope("k", Encode(new GetCounter()))], ReadConsistency.Stale)),
            new ReplyFrame(5, Replies()),
            new LostRepliesFrame(6),
            new AcknowledgementFrame(7, 8, new byte[] { 9 }),
        ],
        new ArrayBufferWriter<byte>(),
        new ArrayBufferWriter<byte>());

    /// <summary>Otherwise hardly anything would come past the checksum.</summary>
    private static byte[] WithChecksum(byte[] bytes)
    {
        if (bytes.Length >= 5)
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(1), Crc32C.Compute(bytes.AsSpan(5)));
        }

        return bytes;
    }

    private static void ReadMaelstromLine(byte[] bytes)
    {
        var message = MaelstromMessage.Parse(Encoding.UTF8.GetString(bytes));
        _ = (message.TextField("node_id"), message.NumberField("number"));
        if (message.Type is "read" or "write" or "cas")
        {
            MaelstromRequest.Read(message, 0);
        }
    }

    /// <summary>Each line meets a cluster in which something has happened.</summary>
    private static void ReadScriptLine(byte[] bytes)
    {
        var session = new ScriptSession();
        foreach (var line in ScriptLines.AsSpan(0, 4))
        {
            session.Answer(line);
        }

        var answer = session.Answer(Encoding.UTF8.GetString(bytes));

        using var document = System.Text.Json.JsonDocument.Parse(answer);
        document.RootElement.GetProperty("ok").ValueKind.ShouldBeOneOf(System.Text.Json.JsonValueKind.True, System.Text.Json.JsonValueKind.False);
        if (document.RootElement.TryGetProperty("error", out var error))
        {
            throw new RefusedTextException(error.GetString()!);
        }
    }

    /// <summary>What begins with a question mark is a query; what does not is a header of each kind.</summary>
    private static void ReadQuery(byte[] bytes)
    {
        var text = Encoding.Latin1.GetString(bytes);
        var request = new DefaultHttpContext().Request;
        if (text.StartsWith('?'))
        {
            request.QueryString = new QueryString(text);
        }
        else
        {
            request.Headers.IfMatch = text;
            request.Headers["Idempotency-Key"] = text;
        }

        Refuse(
            QueryParameters.Consistency(request).Problem
            ?? QueryParameters.Limit(request, 10).Problem
            ?? CounterRequest.ReadAfter(request).Problem
            ?? QueryParameters.AfterIndex(request).Problem
            ?? CounterRequest.ReadCondition(request).Problem
            ?? IdempotencyKey.ReadRequestId(request, "t/c").Problem);
    }

    private static void ReadBody<T>(byte[] bytes, Func<HttpRequest, ValueTask<Checked<T>>> read)
    {
        var request = new DefaultHttpContext().Request;
        request.ContentType = "application/json";
        request.ContentLength = bytes.Length;
        request.Body = new MemoryStream(bytes);
        Require(read(request).AsTask().GetAwaiter().GetResult());
    }

    private static void Require<T>(Checked<T> read) => Refuse(read.Problem);

    private static void Refuse(Problem? problem)
    {
        if (problem is not null)
        {
            problem.Status.ShouldBeInRange(400, 499, problem.Detail);
            throw new RefusedTextException(problem.Detail);
        }
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private sealed class RefusedTextException(string detail) : Exception(detail);

    private sealed class Nobody : ILaneSender
    {
        public ReplicaKey Key { get; } = new("g-0", new ReplicaId(1));

        public void OnLost(ReplicaId to) => throw new InvalidOperationException("every one of these messages has a binary form");
    }

    /// <summary>
    /// Reads what a silo reads of a batch, and refuses a batch of which any frame is lost; every frame must be accounted for, once.
    /// </summary>
    private sealed class LaneReader : ILaneReceiver
    {
        private const int FramesMax = 100;

        private int next;
        private bool isOver;

        public Exception? Refusal { get; private set; }

        public void OnMessage(int number, in ReceivedMessage message)
        {
            Take(number);
            MessageCodec.Decode(message.Message);
        }

        public void OnUnknownGroup(int number)
        {
            Take(number);
            Refusal ??= new CorruptDataException("unknown group");
        }

        public void OnRequest(LaneFrameKind kind, long number, ReadOnlyMemory<byte> request)
        {
            next++;
            _ = kind == LaneFrameKind.Commands ? RequestCodec.DecodeCommands(request).To : RequestCodec.DecodeQueries(request).To;
        }

        public void OnReplies(long number, ReadOnlyMemory<byte> replies)
        {
            next++;
            RequestCodec.DecodeReplies(replies);
        }

        public void OnLostReplies(long number) => next++;

        public void OnAcknowledged(long session, long number, ReadOnlyMemory<byte> answer)
        {
            next++;
            LaneBatchCodec.DecodeAnswer(answer, FramesMax);
        }

        public void OnUnreadable(int number, bool isRest, Exception cause)
        {
            // What was handed over and failed then has been counted; what was not, is now.
            Proper(!isOver && (isRest || number == next || number == next - 1));
            next = number + 1;
            isOver = isRest;
            Refusal ??= cause;
        }

        private static void Proper(bool condition)
        {
            if (!condition)
            {
                throw new InvalidOperationException("a frame was left out, or handed over twice");
            }
        }

        private void Take(int number)
        {
            Proper(number == next && !isOver);
            next++;
        }
    }
}
