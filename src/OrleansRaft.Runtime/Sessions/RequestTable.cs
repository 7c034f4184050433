using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.StateMachines;

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
    private readonly Queue<(byte[] Id, LogTime Expires, RequestRecord Record)> inOrder = new();

    private readonly ScopeCounts? scopes;

    /// <param name="scopes">Says whose an id is; null when ids belong to nobody.</param>
    public RequestTable(IRequestScopes? scopes)
    {
        records = new(ByteStringComparer.Instance);
        byId = records.GetAlternateLookup<ReadOnlySpan<byte>>();
        this.scopes = scopes is null ? null : new ScopeCounts(scopes);
    }

    public int Count => records.Count;

    /// <summary>When the oldest id is forgotten; null when there is none.</summary>
    public LogTime? OldestExpires => inOrder.TryPeek(out var oldest) ? oldest.Expires : null;

    /// <summary>How many ids the party of an id has here; null for an id that belongs to nobody.</summary>
    public int? CountOfScope(ReadOnlySpan<byte> id) => scopes?.CountFor(id);

    /// <summary>Forgets what has expired at <paramref name="now"/>.</summary>
    public void Expire(LogTime now)
    {
        while (inOrder.TryPeek(out var oldest) && oldest.Expires <= now)
        {
            records.Remove(oldest.Id);
            scopes?.Remove(oldest.Id);
            inOrder.Dequeue();
        }
    }

    public RequestRecord? Find(ReadOnlySpan<byte> id) => byId.TryGetValue(id, out var record) ? record : null;

    public void Add(ReadOnlySpan<byte> id, LogTime expires, RequestRecord record)
    {
        var kept = id.ToArray();
        records.Add(kept, record);
        scopes?.Add(id);
        inOrder.Enqueue((kept, expires, record));
    }

    /// <summary>Writes the table in the order of the log, which is the same on every replica.</summary>
    public void Capture(WireWriter writer)
    {
        writer.WriteVarint(inOrder.Count);
        foreach (var (id, expires, record) in inOrder)
        {
            writer.WriteBytes(id);
            writer.WriteVarint(expires.Value);
            record.Capture(writer);
        }
    }

    public static RequestTable Restore(ref WireReader reader, IRequestScopes? scopes)
    {
        const int RecordBytesMin = 13;
        var table = new RequestTable(scopes);
        for (var left = reader.ReadCount(RecordBytesMin); left > 0; left--)
        {
            var id = reader.ReadBytes().Span;
            var expires = new LogTime(reader.ReadVarint());
            if (table.Find(id) is not null)
            {
                throw new CorruptDataException("the snapshot's table of request ids names one twice");
            }

            table.Add(id, expires, RequestRecord.Restore(ref reader));
        }

        return table;
    }
}
