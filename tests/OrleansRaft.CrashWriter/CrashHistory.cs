using System.Globalization;
using System.Text;
using OrleansRaft.Core;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.CrashWriter;

/// <summary>A history of writes of every kind, and what a store must give back after each.</summary>
public static class CrashHistory
{
    private static readonly SnapshotDescriptor Own = Describe(2, 2, "own");
    private static readonly SnapshotDescriptor Received = Describe(3, 10, "received");

    private static readonly Step[] Steps =
    [
        new("a vote", Write(1, 2), "term 1 vote 2, snapshot 0.0 '', log after 0.0:"),
        new("entries", Write(1, 2, Block(0, 0, 1, "a", "b")), "term 1 vote 2, snapshot 0.0 '', log after 0.0: 1.1=a 1.2=b"),
        new("another entry", Write(1, 2, Block(1, 2, 1, "c")), "term 1 vote 2, snapshot 0.0 '', log after 0.0: 1.1=a 1.2=b 1.3=c"),
        new("entries over others", Write(2, 3, Block(1, 1, 2, "d", "e")), "term 2 vote 3, snapshot 0.0 '', log after 0.0: 1.1=a 2.2=d 2.3=e"),
        new("a snapshot", Save(Own, "own"), "term 2 vote 3, snapshot 2.2 'own', log after 0.0: 1.1=a 2.2=d 2.3=e"),
        new("a compaction", Write(2, 3, compactThrough: Own.LastIncluded), "term 2 vote 3, snapshot 2.2 'own', log after 2.2: 2.3=e"),
        new("an installed snapshot", Install(Received, "received"), "term 3 vote -, snapshot 3.10 'received', log after 3.10:"),
        new("an entry after it", Write(3, null, Block(3, 10, 3, "f")), "term 3 vote -, snapshot 3.10 'received', log after 3.10: 3.11=f"),
    ];

    /// <summary>How many writes there are.</summary>
    public static int Count => Steps.Length;

    /// <summary>What a write is, for people.</summary>
    public static string NameOf(int step) => Steps[step - 1].Name;

    /// <summary>What must be read back when the writes up to a number are there, and no others.</summary>
    public static string After(int step) => step == 0 ? "term 0 vote -, snapshot 0.0 '', log after 0.0:" : Steps[step - 1].Expected;

    /// <summary>What was read back.</summary>
    public static string Describe(IReplicaLog log)
    {
        var recovered = log.Recovered;
        var entries = recovered.Entries.Select(entry => $" {entry.Id}={Encoding.UTF8.GetString(entry.Body.Span)}");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"term {recovered.HardState.CurrentTerm} vote {recovered.HardState.VotedFor?.ToString() ?? "-"}, "
            + $"snapshot {recovered.Snapshot.LastIncluded} "
            + $"'{ReadAll(log.RecoveredSnapshot)}', log after {recovered.LogStart}:{string.Concat(entries)}");
    }

    /// <summary>Hands a write over to a log that holds those before it.</summary>
    internal static Task RunAsync(int step, IReplicaLog log, WriterEvents events) => Steps[step - 1].Run(log, events);

    private static Func<IReplicaLog, WriterEvents, Task> Write(long term, long? vote, EntryBlock? append = null, EntryId? compactThrough = null) =>
        (log, events) =>
            events.DoneAsync(() => log.Write(new LogWrite(new PersistTicket(1), State(term, vote), LastOf(log), append, null, compactThrough)));

    private static Func<IReplicaLog, WriterEvents, Task> Save(SnapshotDescriptor snapshot, string state) =>
        (log, events) => events.DoneAsync(() => log.SaveSnapshot(snapshot, new CapturedState(Encoding.UTF8.GetBytes(state))));

    private static Func<IReplicaLog, WriterEvents, Task> Install(SnapshotDescriptor snapshot, string state) => async (log, events) =>
    {
        await events.DoneAsync(() => log.StageChunk(new StageSnapshotChunk(snapshot, 0, Encoding.UTF8.GetBytes(state), true)));
        await events.DoneAsync(
            () => log.Write(new LogWrite(new PersistTicket(1), State(snapshot.LastIncluded.Term.Value, null), LastOf(log), null, snapshot, null)));
    };

    private static string ReadAll(SnapshotStream snapshot)
    {
        using var reader = new StreamReader(snapshot, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static HardState State(long term, long? vote) => new(new Term(term), vote is { } voted ? new ReplicaId(voted) : null, LogIndex.Zero);

    private static EntryId LastOf(IReplicaLog log) => log.Recovered.Entries.Count == 0 ? log.Recovered.LogStart : log.Recovered.Entries[^1].Id;

    private static SnapshotDescriptor Describe(long term, long index, string state) => new(
        new EntryId(new Term(term), new LogIndex(index)), new LogTime(index), Configuration.OfVoters(1), state.Length);

    private static EntryBlock Block(long previousTerm, long previousIndex, long term, params string[] bodies) => new(
        new EntryId(new Term(previousTerm), new LogIndex(previousIndex)),
        [
            .. bodies.Select((body, i) => new Entry(
                new EntryId(new Term(term), new LogIndex(previousIndex + i + 1)),
                EntryKind.Command,
                new LogTime(previousIndex + i + 1),
                Encoding.UTF8.GetBytes(body))),
        ]);

    private sealed record Step(string Name, Func<IReplicaLog, WriterEvents, Task> Run, string Expected);
}
