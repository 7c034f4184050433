using System.Collections.Concurrent;
using System.Diagnostics;
using OrleansRaft.Core;
using OrleansRaft.Runtime.Sessions;

namespace OrleansRaft.Runtime.Diagnostics;

/// <summary>
/// The commands that somebody traces, as far as this silo was told of them lately, so that each replica's part in them becomes a span of the same
/// trace. Neither the log nor a message between replicas carries a trace: a command is known again by a hash of its bytes. Any thread.
/// </summary>
/// <remarks>Best effort: who is told of a command after it was applied tells nothing of it.</remarks>
/// <param name="time">The clock after which commands are forgotten.</param>
internal sealed class CommandTraces(TimeProvider time)
{
    private const int NotesMax = 4_096;
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<ulong, Note> notes = new();
    private readonly ConcurrentQueue<(ulong Command, long At)> order = new();
    private int count;

    /// <summary>Whether anything is traced: while nobody listens, nothing is.</summary>
    public bool IsActive => Volatile.Read(ref count) > 0;

    /// <summary>What a command is known by.</summary>
    /// <param name="envelope">Its bytes, as the log keeps them.</param>
    public static ulong IdOf(ReadOnlySpan<byte> envelope) => StableHash.Add(0, envelope);

    /// <summary>A command is traced.</summary>
    /// <param name="command">What it is known by.</param>
    /// <param name="parent">The span that its spans are beneath.</param>
    public void Add(ulong command, ActivityContext parent)
    {
        Forget();
        if (Volatile.Read(ref count) < NotesMax && notes.TryAdd(command, new Note(parent, time.GetUtcNow())))
        {
            Interlocked.Increment(ref count);
            order.Enqueue((command, time.GetTimestamp()));
        }
    }

    /// <summary>A replica has applied entries: makes a span of each that is traced, from when this silo was told of it.</summary>
    /// <param name="replica">The replica.</param>
    /// <param name="isLeader">Whether it leads.</param>
    /// <param name="entries">The entries.</param>
    public void OnApplied(ReplicaKey replica, bool isLeader, IReadOnlyList<Entry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        Forget();
        foreach (var entry in entries)
        {
            if (entry.Kind == EntryKind.Command && notes.TryGetValue(IdOf(entry.Body.Span), out var note))
            {
                Tell(replica, isLeader, entry.Id, note);
            }
        }
    }

    private static void Tell(ReplicaKey replica, bool isLeader, EntryId entry, Note note)
    {
        // It is nobody's current span: the turn goes on with what it was at.
        var current = Activity.Current;
        using (var span = RaftMetrics.Activities.StartActivity("raft.apply", ActivityKind.Internal, note.Parent, startTime: note.At))
        {
            span?.SetTag("raft.group", replica.Group);
            span?.SetTag("raft.replica", replica.Replica.Value);
            span?.SetTag("raft.role", isLeader ? "leader" : "follower");
            span?.SetTag("raft.term", entry.Term.Value);
            span?.SetTag("raft.index", entry.Index.Value);
        }

        Activity.Current = current;
    }

    private void Forget()
    {
        while (order.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) > Life && order.TryDequeue(out var old))
        {
            if (notes.TryRemove(old.Command, out _))
            {
                Interlocked.Decrement(ref count);
            }
        }
    }

    private readonly record struct Note(ActivityContext Parent, DateTimeOffset At);
}
