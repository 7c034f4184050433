using System.Buffers;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.State;

namespace OrleansRaft.Runtime.Sessions;

/// <summary>What is remembered of a request that was applied.</summary>
/// <param name="entry">The entry that applied it.</param>
/// <param name="hash">The hash of its key and of its identity or body, to recognise another request under the same name.</param>
internal sealed class RequestRecord(EntryId entry, ulong hash)
{
    /// <summary>The largest result that can be remembered, in bytes: with its id and the rest it is a value of a keyed state.</summary>
    public const int ResultBytesMax = KeyedState.ValueBytesMax - (64 * 1024);

    private const byte SkippedFlag = 1;

    private byte[]? result;

    public EntryId Entry { get; } = entry;

    public ulong Hash { get; } = hash;

    /// <summary>
    /// The encoded result. Invariant: set before the batch that applies the request ends, so it is there whenever a view is taken.
    /// </summary>
    public byte[] Result
    {
        get
        {
            Invariant.Holds(result is not null, "a request's result is known once its batch is applied");
            return result;
        }

        set => result = value;
    }

    /// <summary>Whether the request was never applied, because its entry was skipped. Its result is empty then.</summary>
    public bool IsSkipped { get; private set; }

    public Reply ToReply() => IsSkipped ? Skipped(Entry) : Reply.Committed(Entry, Result);

    /// <summary>Notes that its entry was skipped.</summary>
    public void Skip() => (IsSkipped, Result) = (true, []);

    /// <summary>The answer to a command whose entry was skipped.</summary>
    public static Reply Skipped(EntryId entry) => Reply.Rejected(
        RejectionReason.Skipped,
        null,
        0,
        $"The command was in entry {entry.Index} of the group's log, on which its state machine halted, and an operator skipped that entry: "
            + "the command is not applied under this id. If it should be, send it under a new one.");

    /// <summary>Writes all but the entry's index: a byte of flags, the term (varint), the hash (8 bytes), the result (the rest).</summary>
    public void Write(IBufferWriter<byte> output)
    {
        var writer = new WireWriter(output);
        writer.WriteByte(IsSkipped ? SkippedFlag : (byte)0);
        writer.WriteVarint(Entry.Term.Value);
        writer.WriteInt64(unchecked((long)Hash));
        writer.WriteRaw(Result);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <param name="index">The entry's index.</param>
    /// <param name="bytes">What was written.</param>
    /// <exception cref="CorruptDataException">The bytes are something else.</exception>
    public static RequestRecord Read(LogIndex index, ReadOnlySpan<byte> bytes)
    {
        var reader = new WireSpanReader(bytes);
        var flags = reader.ReadByte();
        var record = new RequestRecord(new EntryId(new Term(reader.ReadVarint()), index), unchecked((ulong)reader.ReadInt64()));
        return flags switch
        {
            0 => record.With(reader.Rest),
            SkippedFlag when reader.Rest.IsEmpty => record.AsSkipped(),
            _ => throw new CorruptDataException($"a record of a request has the flags {flags} and {reader.Rest.Length} bytes of result"),
        };
    }

    /// <summary>Reads a record as snapshots of versions 1 and 2 hold it.</summary>
    public static RequestRecord ReadFormer(WireStream reader)
    {
        var record = new RequestRecord(
            new EntryId(new Term(reader.ReadVarint()), new LogIndex(reader.ReadVarint())), unchecked((ulong)reader.ReadInt64()));
        var result = reader.ReadBytes(ResultBytesMax, "the length of a result", [], out var length);
        return record.With(result.AsSpan(0, length));
    }

    private RequestRecord With(ReadOnlySpan<byte> bytes)
    {
        Result = bytes.ToArray();
        return this;
    }

    private RequestRecord AsSkipped()
    {
        Skip();
        return this;
    }
}
