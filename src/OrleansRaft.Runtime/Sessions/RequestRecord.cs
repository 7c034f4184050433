using OrleansRaft.Core;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Runtime.Sessions;

/// <summary>What is remembered of a request that was applied.</summary>
/// <param name="entry">The entry that applied it.</param>
/// <param name="hash">The hash of its key and body, to recognise another request under the same name.</param>
internal sealed class RequestRecord(EntryId entry, ulong hash)
{
    private byte[]? result;

    public EntryId Entry { get; } = entry;

    public ulong Hash { get; } = hash;

    /// <summary>
    /// The encoded result. Invariant: set before the batch that applies the request ends, so it is there whenever a snapshot is captured.
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

    public Reply ToReply() => Reply.Committed(Entry, Result);

    public void Capture(WireWriter writer)
    {
        writer.WriteVarint(Entry.Term.Value);
        writer.WriteVarint(Entry.Index.Value);
        writer.WriteInt64(unchecked((long)Hash));
        writer.WriteBytes(Result);
    }

    public static RequestRecord Restore(ref WireReader reader) => new(
        new EntryId(new Term(reader.ReadVarint()), new LogIndex(reader.ReadVarint())), unchecked((ulong)reader.ReadInt64()))
    {
        Result = reader.ReadBytes().ToArray(),
    };
}
