using OrleansRaft.Core;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Runtime.Sessions;

/// <summary>The registered client sessions of a group, by id, and in the order in which they were last active.</summary>
internal sealed class ClientSessionTable
{
    private readonly Dictionary<LogIndex, LinkedListNode<ClientSession>> byId = [];

    /// <summary>Invariant: sorted by <see cref="ClientSession.LastActive"/>, because the group's time never falls.</summary>
    private readonly LinkedList<ClientSession> byActivity = new();

    public int Count => byId.Count;

    /// <summary>Forgets sessions that were idle for <paramref name="inactivityMilliseconds"/>.</summary>
    public void Expire(LogTime now, long inactivityMilliseconds)
    {
        while (byActivity.First is { } oldest && now - oldest.Value.LastActive >= inactivityMilliseconds)
        {
            byId.Remove(oldest.Value.Id);
            byActivity.Remove(oldest);
        }
    }

    public void Open(LogIndex id, LogTime now) => Add(new ClientSession(id, now));

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
        }

        return node.Value;
    }

    /// <summary>What is remembered, in no order.</summary>
    public IEnumerable<RequestRecord> Results => byActivity.SelectMany(static session => session.Results);

    /// <summary>Writes the table sorted by id, so that equal tables give equal bytes whatever their history.</summary>
    public void Capture(WireWriter writer)
    {
        writer.WriteVarint(byId.Count);
        var ids = new LogIndex[byId.Count];
        byId.Keys.CopyTo(ids, 0);
        Array.Sort(ids);
        foreach (var id in ids)
        {
            byId[id].Value.Capture(writer);
        }
    }

    public static ClientSessionTable Restore(ref WireReader reader)
    {
        const int SessionBytesMin = 4;
        var sessions = new List<ClientSession>();
        for (var left = reader.ReadCount(SessionBytesMin); left > 0; left--)
        {
            sessions.Add(ClientSession.Restore(ref reader));
        }

        var table = new ClientSessionTable();
        foreach (var session in sessions.OrderBy(session => session.LastActive).ThenBy(session => session.Id))
        {
            if (table.byId.ContainsKey(session.Id))
            {
                throw new CorruptDataException($"the snapshot holds session {session.Id} twice");
            }

            table.Add(session);
        }

        return table;
    }

    private void Add(ClientSession session) => byId.Add(session.Id, byActivity.AddLast(session));
}
