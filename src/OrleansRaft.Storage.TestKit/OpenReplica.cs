using System.Text;
using OrleansRaft.Core;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Storage.TestKit;

/// <summary>One opened replica, with the writer's own idea of its log: what Core knows in a running system.</summary>
public sealed class OpenReplica : IAsyncDisposable
{
    private PersistTicket ticket;

    private OpenReplica(IReplicaLog log, RecordingEvents events)
    {
        Log = log;
        Events = events;
        HardState = log.Recovered.HardState;
        Last = log.Recovered.Entries.Count == 0 ? log.Recovered.LogStart : log.Recovered.Entries[^1].Id;
    }

    public IReplicaLog Log { get; }

    public RecordingEvents Events { get; }

    public HardState HardState { get; set; }

    public EntryId Last { get; set; }

    public RecoveredState Recovered => Log.Recovered;

    public string[] Bodies => [.. Recovered.Entries.Select(entry => Encoding.UTF8.GetString(entry.Body.Span))];

    public static async Task<OpenReplica> OpenAsync(ILogStore store, ReplicaKey key)
    {
        var events = new RecordingEvents();
        return new OpenReplica(await store.OpenAsync(key, events, TestContext.Current.CancellationToken), events);
    }

    /// <summary>A block of commands of one term after an entry.</summary>
    public static EntryBlock Block(EntryId previous, long term, params ReadOnlySpan<string> bodies)
    {
        var entries = new Entry[bodies.Length];
        for (var i = 0; i < bodies.Length; i++)
        {
            var id = new EntryId(new Term(term), previous.Index + i + 1);
            entries[i] = new Entry(id, EntryKind.Command, new LogTime(id.Index.Value), Encoding.UTF8.GetBytes(bodies[i]));
        }

        return new EntryBlock(previous, entries);
    }

    /// <summary>Hands a write over and does not wait.</summary>
    public PersistTicket Send(EntryBlock? append = null, SnapshotDescriptor? install = null, EntryId? compactThrough = null)
    {
        ticket = ticket.Next;
        var term = Math.Max(append?.Last.Term.Value ?? 0, install?.LastIncluded.Term.Value ?? 0);
        if (term > HardState.CurrentTerm.Value)
        {
            HardState = HardState with { CurrentTerm = new Term(term), VotedFor = null };
        }

        Log.Write(new LogWrite(ticket, HardState, Last, append, install, compactThrough));
        Last = append?.Last ?? install?.LastIncluded ?? Last;
        return ticket;
    }

    public PersistTicket SendAppend(long term, params ReadOnlySpan<string> bodies) => Send(Block(Last, term, bodies));

    public Task AppendAsync(long term, params ReadOnlySpan<string> bodies) => Events.WrittenAsync(SendAppend(term, bodies));

    public Task WriteAsync(EntryBlock? append = null, SnapshotDescriptor? install = null, EntryId? compactThrough = null) =>
        Events.WrittenAsync(Send(append, install, compactThrough));

    public SnapshotDescriptor Describe(long term, long index, byte[] state) => new(
        new EntryId(new Term(term), new LogIndex(index)), new LogTime(index), Configuration.OfVoters(3), state.Length);

    public async Task<SnapshotDescriptor> SaveSnapshotAsync(long term, long index, byte[] state)
    {
        var snapshot = Describe(term, index, state);
        Log.SaveSnapshot(snapshot, new CapturedState(state));
        return (await Events.SavedAsync(snapshot.LastIncluded)).Snapshot;
    }

    public async ValueTask DisposeAsync() => await Log.DisposeAsync();
}
