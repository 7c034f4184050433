using System.Buffers;

namespace OrleansRaft.Core.Codec;

/// <summary>The binary form of a <see cref="Message"/>. Entries travel as the very bytes that the stores keep.</summary>
internal static class MessageCodec
{
    private const byte FormatVersion = 2;

    // What an answer to AppendEntries says in one byte.
    private const int Accepted = 1;
    private const int Halted = 2;

    // The versions of the state machine follow that the sender's program supports; left out where that is the first alone.
    private const int Versioned = 4;

    // What the sender's wall clock says follows that.
    private const int Clocked = 8;

    private enum MessageKind : byte
    {
        PreVote = 1,
        PreVoteResponse = 2,
        RequestVote = 3,
        RequestVoteResponse = 4,
        AppendEntries = 5,
        AppendEntriesResponse = 6,
        InstallSnapshot = 7,
        InstallSnapshotResponse = 8,
        TimeoutNow = 9,
        ReadIndexRequest = 10,
        ReadIndexResponse = 11,
        Quiesce = 12,
        SnapshotRequest = 13,

        // Of a snapshot that has passed over entries: these stand at the end.
        InstallSnapshotWithSkips = 14,

        // Of a state that a comparison found wrong: which one stands at the end.
        SnapshotRequestAfterComparison = 15,
        ComparisonRequest = 16,
        ComparisonResponse = 17,

        // Of a snapshot at another version of the state machine than the first: skipped entries, which may be none, and the version at the end.
        InstallSnapshotOfVersion = 18,

        // Of a snapshot whose last entry has a UTC stamp: skipped entries, version and stamp at the end.
        InstallSnapshotWithStamp = 19,

        // What the sender's wall clock says stands at the end.
        RequestVoteResponseWithClock = 20,
    }

    /// <summary>Writes the binary form.</summary>
    /// <param name="message">What to write.</param>
    /// <param name="output">Where to.</param>
    public static void Encode(Message message, IBufferWriter<byte> output)
    {
        var writer = new WireWriter(output);
        writer.WriteByte(FormatVersion);
        writer.WriteByte((byte)KindOf(message));
        writer.WriteVarint(message.Term.Value);
        switch (message)
        {
            case PreVote vote:
                WriteEntryId(writer, vote.LastEntry);
                break;
            case PreVoteResponse response:
                writer.WriteBoolean(response.Granted);
                break;
            case RequestVote vote:
                WriteEntryId(writer, vote.LastEntry);
                writer.WriteBoolean(vote.IsTransfer);
                break;
            case RequestVoteResponse response:
                writer.WriteBoolean(response.Granted);
                WriteClock(writer, response.Clock);
                break;
            case AppendEntries append:
                writer.WriteVarint(append.Session.Value);
                writer.WriteVarint(append.LeaderCommit.Value);
                writer.WriteVarint(append.ReadSequence.Value);
                writer.WriteRaw(append.Block.Encoded.Span);
                break;
            case AppendEntriesResponse response:
                writer.WriteVarint(response.Session.Value);
                var isVersioned = response.MachineVersions != MachineVersions.First;
                writer.WriteByte((byte)((response.Accepted ? Accepted : 0)
                    | (response.IsHalted ? Halted : 0)
                    | (isVersioned ? Versioned : 0)
                    | (response.Clock.IsKnown ? Clocked : 0)));
                WriteEntryId(writer, response.Match);
                writer.WriteVarint(response.Rejected.Value);
                writer.WriteVarint(response.ReadSequence.Value);
                if (isVersioned)
                {
                    writer.WriteVarint(response.MachineVersions.Oldest);
                    writer.WriteVarint(response.MachineVersions.Newest);
                }

                WriteClock(writer, response.Clock);
                break;
            case InstallSnapshot install:
                writer.WriteVarint(install.Session.Value);
                SnapshotDescriptorCodec.Encode(install.Snapshot, output);
                writer.WriteVarint(install.Offset);
                writer.WriteBytes(install.Data.Span);
                writer.WriteBoolean(install.IsLast);
                writer.WriteVarint(install.ReadSequence.Value);
                SnapshotDescriptorCodec.EncodeEnd(install.Snapshot, output);
                break;
            case InstallSnapshotResponse response:
                writer.WriteVarint(response.Session.Value);
                WriteEntryId(writer, response.LastIncluded);
                writer.WriteVarint(response.NextOffset);
                writer.WriteBoolean(response.IsInstalled);
                writer.WriteVarint(response.ReadSequence.Value);
                break;
            case TimeoutNow:
                break;
            case Quiesce quiesce:
                writer.WriteVarint(quiesce.Session.Value);
                WriteEntryId(writer, quiesce.LastEntry);
                writer.WriteVarint(quiesce.Successor?.Value ?? 0);
                break;
            case SnapshotRequest request:
                writer.WriteVarint(request.Through.Value);
                if (request.WrongAt > LogIndex.Zero)
                {
                    writer.WriteVarint(request.WrongAt.Value);
                }

                break;
            case ComparisonRequest request:
                writer.WriteVarint(request.Session.Value);
                WriteEntryId(writer, request.Entry);
                writer.WriteVarint(request.Verdict is { } verdict ? (long)verdict + 1 : 0);
                ComparisonCodec.Write(writer, request.Majority);
                break;
            case ComparisonResponse response:
                writer.WriteVarint(response.Session.Value);
                WriteEntryId(writer, response.Entry);
                writer.WriteBoolean(response.IsTold);
                ComparisonCodec.Write(writer, response.Digest);
                break;
            case ReadIndexRequest request:
                writer.WriteInt64(request.ReadId);
                break;
            case ReadIndexResponse response:
                writer.WriteInt64(response.ReadId);
                writer.WriteBoolean(response.Index is not null);
                writer.WriteVarint(response.Index?.Value ?? 0);
                break;
        }
    }

    /// <summary>Reads the binary form. Bodies and chunks are slices of <paramref name="encoded"/>, which must not change.</summary>
    /// <exception cref="CorruptDataException">The bytes are not a message that this version knows.</exception>
    public static Message Decode(ReadOnlyMemory<byte> encoded)
    {
        var reader = new WireReader(encoded);
        var version = reader.ReadByte();
        if (version != FormatVersion)
        {
            throw new CorruptDataException($"message has version {version}; this program reads version {FormatVersion}");
        }

        var kind = (MessageKind)reader.ReadByte();
        var term = new Term(reader.ReadVarint());
        Message message = kind switch
        {
            MessageKind.PreVote => new PreVote(term, ReadEntryId(ref reader)),
            MessageKind.PreVoteResponse => new PreVoteResponse(term, reader.ReadBoolean()),
            MessageKind.RequestVote => new RequestVote(term, ReadEntryId(ref reader), reader.ReadBoolean()),
            MessageKind.RequestVoteResponse => new RequestVoteResponse(term, reader.ReadBoolean()),
            MessageKind.RequestVoteResponseWithClock => new RequestVoteResponse(term, reader.ReadBoolean()) { Clock = ReadClock(ref reader) },
            MessageKind.AppendEntries => ReadAppendEntries(term, ref reader),
            MessageKind.AppendEntriesResponse => ReadAppendEntriesResponse(term, ref reader),
            MessageKind.InstallSnapshot or MessageKind.InstallSnapshotWithSkips or MessageKind.InstallSnapshotOfVersion
                or MessageKind.InstallSnapshotWithStamp =>
                ReadInstallSnapshot(term, kind, ref reader),
            MessageKind.InstallSnapshotResponse => new InstallSnapshotResponse(
                term,
                ReadIndex(ref reader),
                ReadEntryId(ref reader),
                reader.ReadVarint(),
                reader.ReadBoolean(),
                new ReadSequence(reader.ReadVarint())),
            MessageKind.TimeoutNow => new TimeoutNow(term),
            MessageKind.Quiesce => new Quiesce(term, ReadIndex(ref reader), ReadEntryId(ref reader), ReadReplica(ref reader)),
            MessageKind.SnapshotRequest => new SnapshotRequest(term, ReadIndex(ref reader)),
            MessageKind.SnapshotRequestAfterComparison => new SnapshotRequest(term, ReadIndex(ref reader)) { WrongAt = ReadWrongAt(ref reader) },
            MessageKind.ComparisonRequest => ReadComparisonRequest(term, ref reader),
            MessageKind.ComparisonResponse => ReadComparisonResponse(term, ref reader),
            MessageKind.ReadIndexRequest => new ReadIndexRequest(term, reader.ReadInt64()),
            MessageKind.ReadIndexResponse => ReadReadIndexResponse(term, ref reader),
            _ => throw new CorruptDataException($"{(byte)kind} is not a kind of message"),
        };

        reader.RequireEnd();
        return message;
    }

    private static MessageKind KindOf(Message message) => message switch
    {
        PreVote => MessageKind.PreVote,
        PreVoteResponse => MessageKind.PreVoteResponse,
        RequestVote => MessageKind.RequestVote,
        RequestVoteResponse response => response.Clock.IsKnown ? MessageKind.RequestVoteResponseWithClock : MessageKind.RequestVoteResponse,
        AppendEntries => MessageKind.AppendEntries,
        AppendEntriesResponse => MessageKind.AppendEntriesResponse,
        InstallSnapshot install => KindOf(install.Snapshot),
        InstallSnapshotResponse => MessageKind.InstallSnapshotResponse,
        TimeoutNow => MessageKind.TimeoutNow,
        Quiesce => MessageKind.Quiesce,
        SnapshotRequest request => request.WrongAt > LogIndex.Zero ? MessageKind.SnapshotRequestAfterComparison : MessageKind.SnapshotRequest,
        ComparisonRequest => MessageKind.ComparisonRequest,
        ComparisonResponse => MessageKind.ComparisonResponse,
        ReadIndexRequest => MessageKind.ReadIndexRequest,
        ReadIndexResponse => MessageKind.ReadIndexResponse,
        _ => throw new InvariantViolationException($"every message has a binary form: {message.GetType().Name} has none"),
    };

    private static MessageKind KindOf(SnapshotDescriptor sent) =>
        sent.Utc.IsKnown ? MessageKind.InstallSnapshotWithStamp
        : sent.MachineVersion > MachineVersions.Initial ? MessageKind.InstallSnapshotOfVersion
        : sent.Skipped.Count > 0 ? MessageKind.InstallSnapshotWithSkips
        : MessageKind.InstallSnapshot;

    private static AppendEntries ReadAppendEntries(Term term, ref WireReader reader)
    {
        var session = ReadIndex(ref reader);
        var commit = ReadIndex(ref reader);
        var sequence = new ReadSequence(reader.ReadVarint());
        return new AppendEntries(term, session, EntryBlock.Decode(reader.ReadRest()), commit, sequence);
    }

    private static AppendEntriesResponse ReadAppendEntriesResponse(Term term, ref WireReader reader)
    {
        var session = ReadIndex(ref reader);
        var flags = reader.ReadInt32(Accepted | Halted | Versioned | Clocked);
        var response = new AppendEntriesResponse(
            term, session, (flags & Accepted) != 0, ReadEntryId(ref reader), ReadIndex(ref reader), new ReadSequence(reader.ReadVarint()))
        {
            IsHalted = (flags & Halted) != 0,
        };
        response = (flags & Versioned) == 0 ? response : response with { MachineVersions = ReadMachineVersions(ref reader) };
        return (flags & Clocked) == 0 ? response : response with { Clock = ReadClock(ref reader) };
    }

    private static void WriteClock(WireWriter writer, UtcTime clock)
    {
        if (clock.IsKnown)
        {
            writer.WriteVarint(clock.Value);
        }
    }

    private static UtcTime ReadClock(ref WireReader reader) =>
        new UtcTime(reader.ReadVarint()) is { IsKnown: true } clock && clock <= UtcTime.Latest
            ? clock
            : throw new CorruptDataException("a wall clock tells a time after 1970 and before the year 10000");

    private static MachineVersions ReadMachineVersions(ref WireReader reader)
    {
        var read = new MachineVersions(RaiseCodec.ReadVersion(ref reader), RaiseCodec.ReadVersion(ref reader));
        return read.Oldest <= read.Newest && read != MachineVersions.First
            ? read
            : throw new CorruptDataException($"no member says that its program supports the versions {read} of the state machine");
    }

    private static InstallSnapshot ReadInstallSnapshot(Term term, MessageKind kind, ref WireReader reader)
    {
        var install = new InstallSnapshot(
            term,
            ReadIndex(ref reader),
            SnapshotDescriptorCodec.Decode(ref reader),
            reader.ReadVarint(),
            reader.ReadBytes(),
            reader.ReadBoolean(),
            new ReadSequence(reader.ReadVarint()));
        return kind == MessageKind.InstallSnapshot
            ? install
            : install with { Snapshot = SnapshotDescriptorCodec.DecodeEnd(install.Snapshot, ref reader) };
    }

    private static ReadIndexResponse ReadReadIndexResponse(Term term, ref WireReader reader)
    {
        var id = reader.ReadInt64();
        var confirmed = reader.ReadBoolean();
        var index = ReadIndex(ref reader);
        return new ReadIndexResponse(term, id, confirmed ? index : null);
    }

    private static LogIndex ReadWrongAt(ref WireReader reader) =>
        ReadIndex(ref reader) is var entry && entry > LogIndex.Zero ? entry : throw new CorruptDataException("no comparison is at entry 0");

    private static ComparisonRequest ReadComparisonRequest(Term term, ref WireReader reader)
    {
        var (session, entry) = (ReadIndex(ref reader), ReadEntryId(ref reader));
        var verdict = reader.ReadInt32((int)ComparisonVerdict.Undecided + 1);
        return new ComparisonRequest(term, session, entry)
        {
            Verdict = verdict == 0 ? null : (ComparisonVerdict)(verdict - 1),
            Majority = ComparisonCodec.ReadDigest(ref reader),
        };
    }

    private static ComparisonResponse ReadComparisonResponse(Term term, ref WireReader reader)
    {
        var (session, entry, isTold) = (ReadIndex(ref reader), ReadEntryId(ref reader), reader.ReadBoolean());
        return new ComparisonResponse(term, session, entry, ComparisonCodec.ReadDigest(ref reader)) { IsTold = isTold };
    }

    private static void WriteEntryId(WireWriter writer, EntryId id)
    {
        writer.WriteVarint(id.Term.Value);
        writer.WriteVarint(id.Index.Value);
    }

    private static EntryId ReadEntryId(ref WireReader reader) => new(new Term(reader.ReadVarint()), ReadIndex(ref reader));

    private static ReplicaId? ReadReplica(ref WireReader reader) => reader.ReadVarint() is var id and not 0 ? new ReplicaId(id) : null;

    private static LogIndex ReadIndex(ref WireReader reader) => new(reader.ReadVarint());
}
