using System.Diagnostics;
using OrleansRaft.Core;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Runtime.Driving;

/// <summary>A batch of requests on their way to their answers.</summary>
internal sealed class Submission
{
    private readonly Reply[] replies;
    private readonly IReplySink sink;
    private int unanswered;

    public Submission(int count, IReplySink sink, long arrived = 0, Activity? span = null)
    {
        replies = new Reply[count];
        unanswered = count;
        this.sink = sink;
        Arrived = arrived;
        Span = span;
    }

    /// <summary>The commands, encoded; empty when the requests are others.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Envelopes { get; init; } = [];

    /// <summary>What the state machine's code said of each command, away from the replica's turn; null when it was not asked yet.</summary>
    public CommandCheck[]? Checks { get; set; }

    public int Count => replies.Length;

    /// <summary>The clock's timestamp at arrival.</summary>
    public long Arrived { get; }

    public Activity? Span { get; }

    /// <summary>Notes one answer.</summary>
    /// <returns>Whether all are known now.</returns>
    public bool Note(int place, in Reply reply)
    {
        replies[place] = reply;
        unanswered--;
        Invariant.Holds(unanswered >= 0, "a request is answered once");
        return unanswered == 0;
    }

    public void Deliver(LogTime time) => sink.OnReplied(new ReplyBatch(replies, time));
}
