using System.Text;
using OrleansRaft.Core;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Runtime.Tests;

/// <summary>A state machine host with a log in front of it, written by hand.</summary>
internal sealed class HostBench
{
    public const long Retention = 600_000;

    private static readonly Term Term = new(1);

    private readonly List<Entry> waiting = [];
    private LogIndex last;

    public HostBench()
    {
        Host = new StateMachineHost<string, string>(Machine, new TextCodec(), new TextCodec());
    }

    public TextMachine Machine { get; } = new();

    public StateMachineHost<string, string> Host { get; }

    public static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string Text(in Reply reply) => Encoding.UTF8.GetString(reply.Body.Span);

    public static ReadOnlyMemory<byte> Request(string id, string body, long deadline, string key = "k") =>
        CommandEnvelopeCodec.Encode(CommandEnvelope.ForRequest(key, Bytes(body), new LogTime(deadline), id));

    public static ReadOnlyMemory<byte> InSession(LogIndex session, long sequence, string body, long deadline, long answeredBelow = 0) =>
        CommandEnvelopeCodec.Encode(CommandEnvelope.ForSession("k", Bytes(body), new LogTime(deadline), session, sequence, answeredBelow));

    /// <summary>Adds an entry without applying it.</summary>
    public HostBench Append(long time, ReadOnlyMemory<byte> body, EntryKind kind = EntryKind.Command)
    {
        last = last.Next;
        waiting.Add(new Entry(new EntryId(Term, last), kind, new LogTime(time), body));
        return this;
    }

    /// <summary>Applies what was added, in one batch.</summary>
    public Reply[] Apply()
    {
        var replies = new Reply[waiting.Count];
        Host.Apply(waiting, replies);
        waiting.Clear();
        return replies;
    }

    public Reply Apply(long time, ReadOnlyMemory<byte> body) => Append(time, body).Apply()[0];

    public LogIndex OpenSession(long time) =>
        Apply(time, CommandEnvelopeCodec.EncodeOpenSession(new LogTime(time))).Entry.Index;

    /// <summary>Goes on from a snapshot.</summary>
    public void Restore(ReadOnlyMemory<byte> snapshot)
    {
        Host.Restore(snapshot);
        last = Host.AppliedEntry.Index;
    }

    /// <summary>Goes on from a capture of another.</summary>
    public static HostBench RestoredFrom(HostBench other)
    {
        var bench = new HostBench { last = other.last };
        bench.Host.Restore(other.Host.Capture());
        return bench;
    }
}
