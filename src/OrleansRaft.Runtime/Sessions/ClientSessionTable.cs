using System.Buffers;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.State;

namespace OrleansRaft.Runtime.Sessions;

/// <summary>The registered client sessions of a group, by id, and in the order in which they were last active.</summary>
/// <remarks>
/// What a snapshot holds is a keyed state of the sessions and one of their results. Both lag behind, by a bounded number of results, until a view or
/// a digest is asked for: a result that its client has by then was never in it.
/// </remarks>
internal sealed class ClientSessionTable
{
    /// <summary>
    /// How many results, and how many sessions, may be other than in the keyed state when a batch ends: what taking a view has to put there.
    /// </summary>
    public const int RecentMax = 4_096;

    private readonly Dictionary<LogIndex, LinkedListNode<ClientSession>> byId = [];

    /// <summary>Invariant: sorted by <see cref="ClientSession.LastActive"/>, because the group's time never falls.</summary>
    private readonly LinkedList<ClientSession> byActivity = new();

    // Of each session, under its id: when it was last active, and which results are answered (varints).
    private readonly KeyedState headers = new();

    // Under the session's id and the sequence number: the entry's index (varint), and the record.
    private readonly KeyedState results = new();
    private readonly ArrayBufferWriter<byte> scratch = new();
    private readonly List<ClientSession> changed = [];
    private int recentCount;

    public int Count => byId.Count;

    /// <summary>The digests of the two keyed states, once they are <see cref="Settle">settled</see> as a whole.</summary>
    public (UInt128 Headers, UInt128 Results) Digests
    {
        get
        {
            Store();
            return (headers.Digest, results.Digest);
        }
    }

    /// <summary>Forgets sessions that were idle for <paramref name="inactivityMilliseconds"/>.</summary>
    public void Expire(LogTime now, long inactivityMilliseconds)
    {
        Span<byte> key = stackalloc byte[OrderedNumber.BytesMax];
        while (byActivity.First is { } oldest && now - oldest.Value.LastActive >= inactivityMilliseconds)
        {
            recentCount -= oldest.Value.Recent.Count;
            oldest.Value.Recent.Clear();
            ForgetStored(oldest.Value, null);
            byId.Remove(oldest.Value.Id);
            byActivity.Remove(oldest);
            headers.Remove(key[..OrderedNumber.Write(oldest.Value.Id.Value, key)]);
        }
    }

    public void Open(LogIndex id, LogTime now) => Change(Add(new ClientSession(id, now)));

    /// <summary>The session, which is active from now on; null when it has expired or never was.</summary>
    public ClientSession? Use(LogIndex id, LogTime now)
    {
        if (!byId.TryGetValue(id, out var node))
        {
            return null;
        }

        if (node.Value.LastActive != now)
        {
            node.Value.LastActive = now;
            byActivity.Remove(node);
            byActivity.AddLast(node);
            Change(node.Value);
        }

        return node.Value;
    }

    /// <summary>What is remembered of a command of a session; null when nothing is.</summary>
    public RequestRecord? Find(ClientSession session, long sequence)
    {
        if (session.Recent.TryGetValue(sequence, out var recent))
        {
            return recent;
        }

        if (session.StoredCount == 0 || sequence > session.StoredThrough)
        {
            return null;
        }

        Span<byte> key = stackalloc byte[2 * OrderedNumber.BytesMax];
        return results.TryGet(WriteKey(session.Id, sequence, key), out var value) ? ReadRecord(value) : null;
    }

    /// <summary>Remembers a command of a session. Its result is to be set before <see cref="Settle"/>.</summary>
    public void Remember(ClientSession session, long sequence, RequestRecord record)
    {
        session.Recent.Add(sequence, record);
        recentCount++;
        Change(session);
    }

    /// <summary>Forgets the results that the client has.</summary>
    public void ForgetAnswered(ClientSession session, long below)
    {
        if (below <= session.AnsweredBelow)
        {
            return;
        }

        Forget(session, below);
        session.AnsweredBelow = below;
        Change(session);
    }

    /// <summary>Bounds what is held beside the keyed state. The results of all commands are known now.</summary>
    public void Settle()
    {
        if (recentCount > RecentMax || changed.Count > RecentMax)
        {
            Store();
        }
    }

    /// <summary>Writes what is remembered now into the keyed states. The results of all commands are known.</summary>
    public void Store()
    {
        foreach (var session in changed)
        {
            session.IsChanged = false;
            if (byId.ContainsKey(session.Id))
            {
                Store(session);
            }
        }

        changed.Clear();
    }

    /// <summary>The sessions as they were <see cref="Store()">stored</see> last.</summary>
    public KeyedStateView ViewHeaders() => headers.View();

    /// <summary>Their results as they were <see cref="Store()">stored</see> last.</summary>
    public KeyedStateView ViewResults() => results.View();

    /// <summary>Reads what the two views wrote, one after the other.</summary>
    /// <exception cref="CorruptDataException">The bytes are damaged.</exception>
    public static ClientSessionTable Restore(Stream input)
    {
        var table = new ClientSessionTable();
        table.headers.RestorePart(input);
        table.results.RestorePart(input);
        var sessions = new Dictionary<long, ClientSession>();
        foreach (var (key, value) in table.headers.Entries())
        {
            var id = OrderedNumber.Read(key, out var rest);
            var reader = new WireSpanReader(value);
            sessions.Add(id, new ClientSession(new LogIndex(id), new LogTime(reader.ReadVarint())) { AnsweredBelow = reader.ReadVarint() });
            reader.RequireEnd();
            if (!rest.IsEmpty)
            {
                throw new CorruptDataException($"{Convert.ToHexStringLower(key)} is not the id of a session");
            }
        }

        foreach (var (key, value) in table.results.Entries())
        {
            var id = OrderedNumber.Read(key, out var rest);
            var sequence = OrderedNumber.Read(rest, out rest);
            ReadRecord(value);
            if (!rest.IsEmpty || !sessions.TryGetValue(id, out var session) || sequence < session.AnsweredBelow)
            {
                throw Misplaced(id, sequence);
            }

            session.StoredCount++;
            session.StoredThrough = sequence;
        }

        table.AddAll(sessions.Values);
        return table;
    }

    /// <summary>Reads a table as snapshots of versions 1 and 2 hold it.</summary>
    /// <exception cref="CorruptDataException">The bytes are damaged.</exception>
    public static ClientSessionTable RestoreFormer(WireStream reader)
    {
        var table = new ClientSessionTable();
        var sessions = new Dictionary<long, ClientSession>();
        for (var left = reader.ReadVarint(); left > 0; left--)
        {
            var session = ReadFormer(reader);
            if (!sessions.TryAdd(session.Id.Value, session))
            {
                throw new CorruptDataException($"the snapshot holds session {session.Id} twice");
            }

            table.recentCount += session.Recent.Count;
            table.Change(session);
        }

        table.AddAll(sessions.Values);
        return table;
    }

    /// <summary>Marks what was read from a snapshot of version 2.</summary>
    /// <param name="entries">The entries whose commands were skipped.</param>
    /// <returns>How many there are here.</returns>
    public int MarkSkipped(SkippedEntries entries) =>
        byActivity.Sum(session => session.Recent.Values.Count(record => RequestTable.Marked(record, entries)));

    private static ClientSession ReadFormer(WireStream reader)
    {
        var session = new ClientSession(new LogIndex(reader.ReadVarint()), new LogTime(reader.ReadVarint())) { AnsweredBelow = reader.ReadVarint() };
        for (var left = reader.ReadVarint(); left > 0; left--)
        {
            var sequence = reader.ReadVarint();
            if (sequence < session.AnsweredBelow || !session.Recent.TryAdd(sequence, RequestRecord.ReadFormer(reader)))
            {
                throw Misplaced(session.Id.Value, sequence);
            }
        }

        return session;
    }

    private static CorruptDataException Misplaced(long session, long sequence) =>
        new($"the snapshot's session {session} holds a result for sequence number {sequence} that cannot be there");

    private static ReadOnlySpan<byte> WriteKey(LogIndex session, long sequence, Span<byte> key)
    {
        var length = OrderedNumber.Write(session.Value, key);
        return key[..(length + OrderedNumber.Write(sequence, key[length..]))];
    }

    /// <summary>Reads what the keyed state holds of a result.</summary>
    public static RequestRecord ReadRecord(ReadOnlySpan<byte> value)
    {
        var reader = new WireSpanReader(value);
        return RequestRecord.Read(new LogIndex(reader.ReadVarint()), reader.Rest);
    }

    private void AddAll(IEnumerable<ClientSession> sessions)
    {
        foreach (var session in sessions.OrderBy(session => session.LastActive).ThenBy(session => session.Id))
        {
            Add(session);
        }
    }

    private ClientSession Add(ClientSession session)
    {
        byId.Add(session.Id, byActivity.AddLast(session));
        return session;
    }

    private void Change(ClientSession session)
    {
        if (!session.IsChanged)
        {
            session.IsChanged = true;
            changed.Add(session);
        }
    }

    private void Forget(ClientSession session, long below)
    {
        var before = session.Recent.Count;
        if (below - session.AnsweredBelow <= before)
        {
            for (var sequence = session.AnsweredBelow; sequence < below; sequence++)
            {
                session.Recent.Remove(sequence);
            }
        }
        else
        {
            // A client may leap by any distance: walk what is held instead of what was skipped.
            foreach (var sequence in session.Recent.Keys)
            {
                if (sequence < below)
                {
                    session.Recent.Remove(sequence);
                }
            }
        }

        recentCount -= before - session.Recent.Count;
        ForgetStored(session, below);
    }

    private void ForgetStored(ClientSession session, long? below)
    {
        Span<byte> key = stackalloc byte[2 * OrderedNumber.BytesMax];
        while (session.StoredCount > 0)
        {
            var prefix = key[..OrderedNumber.Write(session.Id.Value, key)];
            var entries = results.EntriesWith(prefix);
            Invariant.Holds(entries.MoveNext(), "a session's results are counted");
            if (OrderedNumber.Read(entries.Current.Key[prefix.Length..], out _) is var sequence && sequence >= below)
            {
                return;
            }

            results.Remove(WriteKey(session.Id, sequence, key));
            session.StoredCount--;
        }
    }

    private void Store(ClientSession session)
    {
        Span<byte> key = stackalloc byte[2 * OrderedNumber.BytesMax];
        foreach (var (sequence, record) in session.Recent)
        {
            scratch.ResetWrittenCount();
            new WireWriter(scratch).WriteVarint(record.Entry.Index.Value);
            record.Write(scratch);
            results.Set(WriteKey(session.Id, sequence, key), scratch.WrittenSpan);
            session.StoredThrough = Math.Max(session.StoredThrough, sequence);
        }

        recentCount -= session.Recent.Count;
        session.StoredCount += session.Recent.Count;
        session.Recent.Clear();

        Span<byte> header = stackalloc byte[2 * WireSpanWriter.VarintBytesMax];
        var writer = new WireSpanWriter(header);
        writer.WriteVarint(session.LastActive.Value);
        writer.WriteVarint(session.AnsweredBelow);
        headers.Set(key[..OrderedNumber.Write(session.Id.Value, key)], writer.Written);
    }
}
