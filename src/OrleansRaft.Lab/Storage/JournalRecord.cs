using System.Buffers;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Lab.Storage;

/// <summary>The binary form of one durable change of a replica.</summary>
internal static class JournalRecord
{
    private enum Kind : byte
    {
        Write = 1,
        Snapshot = 2,
        Checkpoint = 3,
    }

    public static byte[] OfWrite(LogWrite write)
    {
        var output = new ArrayBufferWriter<byte>(64 + (write.Append?.Encoded.Length ?? 0));
        var writer = new WireWriter(output);
        writer.WriteByte((byte)Kind.Write);
        WriteHardState(writer, write.HardState);
        WriteEntryId(writer, write.StoredLast);
        writer.WriteBytes(write.Append is null ? default : write.Append.Encoded.Span);
        writer.WriteBytes(write.Install is null ? default : Encode(write.Install).Span);
        writer.WriteBoolean(write.CompactThrough is not null);
        WriteEntryId(writer, write.CompactThrough ?? default);
        return output.WrittenSpan.ToArray();
    }

    public static byte[] OfSnapshot(SnapshotDescriptor snapshot)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new WireWriter(output);
        writer.WriteByte((byte)Kind.Snapshot);
        writer.WriteBytes(Encode(snapshot).Span);
        return output.WrittenSpan.ToArray();
    }

    public static byte[] OfCheckpoint(DurableLog log)
    {
        var block = new EntryBlock(log.Start, log.Entries.ToArray());
        var output = new ArrayBufferWriter<byte>(128 + block.Encoded.Length);
        var writer = new WireWriter(output);
        writer.WriteByte((byte)Kind.Checkpoint);
        WriteHardState(writer, log.HardState);
        writer.WriteBytes(Encode(log.Snapshot).Span);
        writer.WriteBytes(block.Encoded.Span);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads a record and adds it to a log.</summary>
    /// <exception cref="CorruptDataException">The bytes are not a record.</exception>
    public static void Replay(ReadOnlyMemory<byte> record, DurableLog log)
    {
        var reader = new WireReader(record);
        var kind = (Kind)reader.ReadByte();
        switch (kind)
        {
            case Kind.Write:
                var hardState = ReadHardState(ref reader);
                var storedLast = ReadEntryId(ref reader);
                var (append, install) = (reader.ReadBytes(), reader.ReadBytes());
                var compacts = reader.ReadBoolean();
                var through = ReadEntryId(ref reader);
                log.Write(
                    hardState,
                    storedLast,
                    append.IsEmpty ? null : EntryBlock.Decode(append),
                    install.IsEmpty ? null : SnapshotDescriptorCodec.Decode(install),
                    compacts ? through : null);
                break;
            case Kind.Snapshot:
                log.SaveSnapshot(SnapshotDescriptorCodec.Decode(reader.ReadBytes()));
                break;
            case Kind.Checkpoint:
                log.Reset(ReadHardState(ref reader), SnapshotDescriptorCodec.Decode(reader.ReadBytes()), EntryBlock.Decode(reader.ReadBytes()));
                break;
            default:
                throw new CorruptDataException($"{(byte)kind} is not a kind of record");
        }

        reader.RequireEnd();
    }

    private static ReadOnlyMemory<byte> Encode(SnapshotDescriptor snapshot) => SnapshotDescriptorCodec.Encode(snapshot);

    private static void WriteHardState(WireWriter writer, HardState hardState)
    {
        writer.WriteVarint(hardState.CurrentTerm.Value);
        writer.WriteVarint(hardState.VotedFor?.Value ?? 0);
        writer.WriteVarint(hardState.CommitIndex.Value);
    }

    private static HardState ReadHardState(ref WireReader reader)
    {
        var (term, vote, commit) = (reader.ReadVarint(), reader.ReadVarint(), reader.ReadVarint());
        return new HardState(new Term(term), vote == 0 ? null : new ReplicaId(vote), new LogIndex(commit));
    }

    private static void WriteEntryId(WireWriter writer, EntryId id)
    {
        writer.WriteVarint(id.Term.Value);
        writer.WriteVarint(id.Index.Value);
    }

    private static EntryId ReadEntryId(ref WireReader reader)
    {
        var (term, index) = (reader.ReadVarint(), reader.ReadVarint());
        return new EntryId(new Term(term), new LogIndex(index));
    }
}
