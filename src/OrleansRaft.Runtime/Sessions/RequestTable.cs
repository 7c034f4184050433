using System.Buffers;
using OrleansRaft.Core;
using OrleansRaft.Runtime.State;

namespace OrleansRaft.Runtime.Sessions;

/// <summary>The request ids that a group remembers, each for the retention that was in force when it was applied.</summary>
/// <remarks>
/// <para>
/// Expiry takes the oldest entry away, so it costs nothing until something has expired. After the retention was shortened, younger ids wait for
/// older ones that live longer: an id may be remembered for longer than promised, never for less.
/// </para>
/// <para>
/// Records lie in a keyed state, under the indexes of their entries, and so in the order of the log; an index by hash finds them by their ids. What a
/// batch that is not applied yet remembers waits beside it, without results.
/// </para>
/// </remarks>
internal sealed class RequestTable
{
    /// <summary>What an id costs on a replica beside its own bytes and its result, about: its record, and its place in the index.</summary>
    public const int OverheadBytes = 48;

    /// <summary>
    /// What a result counts at most. Replicas apply batches of different lengths, and must refuse the same ids: what results that are not known yet
    /// may cost has to be bounded.
    /// </summary>
    public const int ResultCostMax = 64 * 1024;

    private readonly KeyedState records = new();
    private readonly RequestIndex index = new();
    private readonly Queue<int> shares = new();
    private readonly ScopeCounts scopes = new();
    private readonly ArrayBufferWriter<byte> scratch = new();
    private List<Pending> pending = [];
    private int firstPending;

    /// <summary>How many ids are remembered.</summary>
    public int Count => shares.Count;

    /// <summary>What they cost, about, in bytes. The results of <see cref="PendingCount"/> of them are not in it.</summary>
    public long Cost { get; private set; }

    /// <summary>How many ids wait for their results.</summary>
    public int PendingCount => pending.Count - firstPending;

    /// <summary>When the oldest id is forgotten; null when there is none.</summary>
    public LogTime? OldestExpires { get; private set; }

    /// <summary>See <see cref="KeyedState.Digest"/>. To be read when nothing is pending, as a view is to be taken.</summary>
    public UInt128 Digest => records.Digest;

    /// <summary>How many ids a party has here.</summary>
    public int CountOfScope(ReadOnlySpan<byte> scope) => scopes.CountOf(scope);

    /// <summary>Forgets what has expired at <paramref name="now"/>.</summary>
    public void Expire(LogTime now)
    {
        while (OldestExpires is { } oldest && oldest <= now)
        {
            ForgetOldest();
        }
    }

    public RequestRecord? Find(ReadOnlySpan<byte> id)
    {
        var hash = ByteStringComparer.Instance.GetHashCode(id);
        for (var slot = -1; index.TryNext(hash, ref slot, out var entry);)
        {
            if (Find(entry, id) is { } record)
            {
                return record;
            }
        }

        return null;
    }

    /// <summary>Remembers an id that is not remembered. Its result is to be set before <see cref="Settle"/>.</summary>
    /// <param name="id">The id, in UTF-8; its bytes do not change before <see cref="Settle"/>.</param>
    /// <param name="scope">Whose it is; empty when it is nobody's.</param>
    /// <param name="expires">When it is forgotten.</param>
    /// <param name="record">What is remembered of it, of an entry behind all others.</param>
    public void Add(ReadOnlyMemory<byte> id, ReadOnlySpan<byte> scope, LogTime expires, RequestRecord record)
    {
        index.Add(ByteStringComparer.Instance.GetHashCode(id.Span), record.Entry.Index);
        shares.Enqueue(scopes.Add(scope));
        pending.Add(new Pending(id, expires, record));
        Cost += OverheadBytes + id.Length;
        OldestExpires ??= expires;
    }

    /// <summary>Keeps what waited for its results, which are known now.</summary>
    public void Settle()
    {
        Span<byte> key = stackalloc byte[OrderedNumber.BytesMax];
        for (; firstPending < pending.Count; firstPending++)
        {
            var (id, expires, record) = pending[firstPending];
            scratch.ResetWrittenCount();
            new RequestValue(id.Span, expires).Write(record, scratch);
            records.Set(key[..OrderedNumber.Write(record.Entry.Index.Value, key)], scratch.WrittenSpan);
            Cost += Math.Min(record.Result.Length, ResultCostMax);
        }

        // What a long batch needed is let go with it.
        pending = pending.Capacity > 1_024 ? [] : pending;
        pending.Clear();
        firstPending = 0;
    }

    /// <summary>What is remembered now; nothing may be pending.</summary>
    public KeyedStateView View()
    {
        Invariant.Holds(PendingCount == 0, "a view of request ids is taken between batches");
        return records.View();
    }

    /// <summary>Reads what a view wrote.</summary>
    /// <param name="input">Where to read.</param>
    /// <param name="scopeOf">Says whose an id is; nothing when it is nobody's.</param>
    /// <exception cref="CorruptDataException">The bytes are damaged.</exception>
    public static RequestTable Restore(Stream input, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> scopeOf)
    {
        var table = new RequestTable();
        table.records.RestorePart(input);
        foreach (var (key, value) in table.records.Entries())
        {
            var entry = EntryOf(key);
            var held = RequestValue.Read(entry, value, out var record);
            var id = held.Id.ToArray();
            table.RequireNew(id);
            table.index.Add(ByteStringComparer.Instance.GetHashCode(id), entry);
            table.shares.Enqueue(table.scopes.Add(scopeOf(id).Span));
            table.Cost += CostOf(id.Length, record.Result.Length);
            table.OldestExpires ??= held.Expires;
        }

        return table;
    }

    /// <summary>Reads a table as snapshots of versions 1 and 2 hold it.</summary>
    /// <param name="reader">Reads it.</param>
    /// <param name="scopeOf">Says whose an id is; nothing when it is nobody's.</param>
    /// <exception cref="CorruptDataException">The bytes are damaged.</exception>
    public static RequestTable RestoreFormer(WireStream reader, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> scopeOf)
    {
        var table = new RequestTable();
        var last = LogIndex.Zero;
        for (var left = reader.ReadVarint(); left > 0; left--)
        {
            var bytes = reader.ReadBytes(KeyedState.ValueBytesMax, "the length of a request id", [], out var length);
            var id = bytes.AsMemory(0, length);
            var expires = new LogTime(reader.ReadVarint());
            table.RequireNew(id.Span);
            var record = RequestRecord.ReadFormer(reader);
            if (record.Entry.Index <= last)
            {
                throw new CorruptDataException($"the snapshot's table of request ids has entry {record.Entry.Index} behind entry {last}");
            }

            last = record.Entry.Index;
            table.Add(id, scopeOf(id).Span, expires, record);
        }

        return table;
    }

    /// <summary>Marks what was read from a snapshot of version 2, before it is settled.</summary>
    /// <param name="entries">The entries whose commands were skipped.</param>
    /// <returns>How many there are here.</returns>
    public int MarkSkipped(SkippedEntries entries) => pending.Count(one => Marked(one.Record, entries));

    internal static bool Marked(RequestRecord record, SkippedEntries entries)
    {
        if (entries.Contains(record.Entry.Index))
        {
            record.Skip();
        }

        return record.IsSkipped;
    }

    private static LogIndex EntryOf(ReadOnlySpan<byte> key)
    {
        var entry = OrderedNumber.Read(key, out var rest);
        return rest.IsEmpty ? new LogIndex(entry) : throw new CorruptDataException($"{Convert.ToHexStringLower(key)} is not the index of an entry");
    }

    private static int CostOf(int id, int result) => OverheadBytes + id + Math.Min(result, ResultCostMax);

    private void RequireNew(ReadOnlySpan<byte> id)
    {
        if (Find(id) is not null)
        {
            throw new CorruptDataException("the snapshot's table of request ids names one twice");
        }
    }

    private RequestRecord? Find(LogIndex entry, ReadOnlySpan<byte> id)
    {
        if (PendingCount > 0 && entry >= pending[firstPending].Record.Entry.Index)
        {
            var wanted = new Pending(default, default, new RequestRecord(new EntryId(default, entry), 0));
            var place = pending.BinarySearch(firstPending, PendingCount, wanted, ByEntry.Instance);
            return place >= 0 && pending[place].Id.Span.SequenceEqual(id) ? pending[place].Record : null;
        }

        Span<byte> key = stackalloc byte[OrderedNumber.BytesMax];
        return records.TryGet(key[..OrderedNumber.Write(entry.Value, key)], out var value) && RequestValue.IdOf(value).SequenceEqual(id)
            ? ReadRecord(entry, value)
            : null;
    }

    private static RequestRecord ReadRecord(LogIndex entry, ReadOnlySpan<byte> value)
    {
        RequestValue.Read(entry, value, out var record);
        return record;
    }

    private void ForgetOldest()
    {
        scopes.Remove(shares.Dequeue());
        var entries = records.Entries();
        if (entries.MoveNext())
        {
            Span<byte> key = stackalloc byte[OrderedNumber.BytesMax];
            var (oldest, value) = entries.Current;
            oldest.CopyTo(key);
            key = key[..oldest.Length];
            var entry = EntryOf(key);
            var held = RequestValue.Read(entry, value, out var record);
            index.Remove(ByteStringComparer.Instance.GetHashCode(held.Id), entry);
            Cost -= CostOf(held.Id.Length, record.Result.Length);
            records.Remove(key);
        }
        else
        {
            // Within one batch the group's time may go on by more than the retention.
            var forgotten = pending[firstPending++];
            index.Remove(ByteStringComparer.Instance.GetHashCode(forgotten.Id.Span), forgotten.Record.Entry.Index);
            Cost -= OverheadBytes + forgotten.Id.Length;
        }

        OldestExpires = FindOldestExpires();
    }

    private LogTime? FindOldestExpires()
    {
        var entries = records.Entries();
        return entries.MoveNext() ? RequestValue.ExpiresOf(entries.Current.Value)
            : PendingCount > 0 ? pending[firstPending].Expires
            : null;
    }

    /// <param name="Id">The id.</param>
    /// <param name="Expires">When it is forgotten.</param>
    /// <param name="Record">What is remembered of it.</param>
    private readonly record struct Pending(ReadOnlyMemory<byte> Id, LogTime Expires, RequestRecord Record);

    private sealed class ByEntry : IComparer<Pending>
    {
        public static ByEntry Instance { get; } = new();

        public int Compare(Pending x, Pending y) => x.Record.Entry.Index.CompareTo(y.Record.Entry.Index);
    }
}
