using OrleansRaft.Core;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Runtime.Sessions;

/// <summary>What is remembered of a request that was applied.</summary>
/// <param name="entry">The entry that applied it.</param>
/// <param name="hash">The hash of its key and of its identity or body, to recognise another request under the same name.</param>
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
