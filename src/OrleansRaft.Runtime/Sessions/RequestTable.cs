using OrleansRaft.Core;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Runtime.Sessions;

/// <summary>The request ids that a group remembers, each for the retention that was in force when it was applied.</summary>
/// <remarks>
/// Expiry pops the oldest from a queue, so it costs nothing until something has expired. After the retention was shortened, younger ids wait for
/// older ones that live longer: an id may be remembered for longer than promised, never for less.
/// </remarks>
internal sealed class RequestTable
{
    private readonly Dictionary<byte[], RequestRecord> records;
    private readonly Dictionary<byte[], RequestRecord>.AlternateLookup<ReadOnlySpan<byte>> byId;
    private readonly Queue<(byte[] Id, LogTime Expires, RequestRecord Record, ScopeCounts.Share? Share)> inOrder = new();
    private readonly ScopeCounts scopes = new();

    public RequestTable()
    {
        records = new(ByteStringComparer.Instance);
        byId = records.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    public int Count => records.Count;

    /// <summary>When the oldest id is forgotten; null when there is none.</summary>
    public LogTime? OldestExpires => inOrder.TryPeek(out var oldest) ? oldest.Expires : null;

    /// <summary>How many ids a party has here.</summary>
    public int CountOfScope(ReadOnlySpan<byte> scope) => scopes.CountOf(scope);

    /// <summary>Forgets what has expired at <paramref name="now"/>.</summary>
    public void Expire(LogTime now)
    {
        while (inOrder.TryPeek(out var oldest) && oldest.Expires <= now)
        {
            records.Remove(oldest.Id);
            scopes.Remove(oldest.Share);
            inOrder.Dequeue();
        }
    }

    public RequestRecord? Find(ReadOnlySpan<byte> id) => byId.TryGetValue(id, out var record) ? record : null;

    /// <summary>Remembers an id.</summary>
    /// <param name="id">The id, in UTF-8.</param>
    /// <param name="scope">Whose it is; empty when it is nobody's.</param>
    /// <param name="expires">When it is forgotten.</param>
    /// <param name="record">What is remembered of it.</param>
    public void Add(ReadOnlySpan<byte> id, ReadOnlySpan<byte> scope, LogTime expires, RequestRecord record)
    {
        var kept = id.ToArray();
        records.Add(kept, record);
        inOrder.Enqueue((kept, expires, record, scopes.Add(scope)));
    }

    /// <summary>What is remembered, in the order of the log.</summary>
    public IEnumerable<RequestRecord> Records => inOrder.Select(static one => one.Record);

    /// <summary>Writes the table in the order of the log, which is the same on every replica.</summary>
    public void Capture(WireWriter writer)
    {
        writer.WriteVarint(inOrder.Count);
        foreach (var (id, expires, record, _) in inOrder)
        {
            writer.WriteBytes(id);
            writer.WriteVarint(expires.Value);
            record.Capture(writer);
        }
    }

    /// <summary>Reads what <see cref="Capture"/> wrote.</summary>
    /// <param name="reader">Reads it.</param>
    /// <param name="scopeOf">Says whose an id is; nothing when it is nobody's.</param>
    public static RequestTable Restore(ref WireReader reader, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> scopeOf)
    {
        const int RecordBytesMin = 13;
        var table = new RequestTable();
        for (var left = reader.ReadCount(RecordBytesMin); left > 0; left--)
        {
            var id = reader.ReadBytes();
            var expires = new LogTime(reader.ReadVarint());
            if (table.Find(id.Span) is not null)
            {
                throw new CorruptDataException("the snapshot's table of request ids names one twice");
            }

            table.Add(id.Span, scopeOf(id).Span, expires, RequestRecord.Restore(ref reader));
        }

        return table;
    }
}
