using OrleansRaft.Runtime;

namespace OrleansRaft.Cli.Maelstrom;

/// <summary>
/// Serves clients: reads from this node's own state at an index that the leader confirmed, everything else through the leader, wherever it is.
/// Whatever is not answered is tried again under the same name, which the group applies once.
/// </summary>
/// <remarks>
/// A write or a comparison is never refused for want of a leader by a definite error: the network may deliver a second copy of the request later, and
/// that one may well be done. Only what the state machine decided is definite; the group remembers it and answers every copy alike.
/// </remarks>
/// <param name="replica">The node's replica.</param>
/// <param name="answer">Answers a client.</param>
/// <param name="forward">Hands a command to another node's replica, which answers by <see cref="OnForwarded"/>.</param>
/// <param name="time">The monotonic clock.</param>
internal sealed class MaelstromRequests(
    MaelstromReplica replica,
    Action<MaelstromRequest, KvResult?, MaelstromError, string> answer,
    Action<ReplicaId, long, ReadOnlyMemory<byte>, string> forward,
    TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan AttemptTime = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    // In the group's time: how long a command may be on its way into the log.
    private const long DeadlineMilliseconds = 60_000;

    private readonly Dictionary<long, MaelstromRequest> waiting = [];
    private long lastNumber;
    private LogTime groupTime;

    /// <summary>Begins to serve a request.</summary>
    /// <exception cref="FormatException">The request lacks something.</exception>
    public void Serve(MaelstromMessage message)
    {
        var request = MaelstromRequest.Read(message, After(Patience));
        waiting.Add(++lastNumber, request);
        Try(lastNumber, request);
    }

    /// <summary>Some time has passed.</summary>
    public void OnTick()
    {
        var now = time.GetTimestamp();
        foreach (var (number, request) in waiting.ToArray())
        {
            if (now >= request.GivesUpAt)
            {
                waiting.Remove(number);
                var (error, text) = request.IsRead
                    ? (MaelstromError.TemporarilyUnavailable, "No leader confirmed the read in time.")
                    : (MaelstromError.Timeout, "No answer came in time; the request may have been done, or may still be.");
                answer(request, null, error, text);
            }
            else if (now >= request.TriesAgainAt)
            {
                Try(number, request);
            }
        }
    }

    /// <summary>Another node hands a command on: submits it here, and tells how that ended.</summary>
    /// <param name="requestId">Its name.</param>
    /// <param name="command">Its bytes.</param>
    /// <param name="tell">Told what became of it.</param>
    public void Submit(string requestId, ReadOnlyMemory<byte> command, Action<Reply> tell)
    {
        var envelope = CommandEnvelopeCodec.Encode(CommandEnvelope.ForRequest("", command, groupTime + DeadlineMilliseconds, requestId));
        replica.Driver.Submit([envelope], new ReplySink(batch =>
        {
            groupTime = LogTime.Max(groupTime, batch.Time);
            tell(batch.Replies[0]);
        }));
    }

    /// <summary>Another node has the answer to a command that was handed to it.</summary>
    /// <param name="number">The number it was handed on with.</param>
    /// <param name="requestId">Its name: an earlier life of this node gave the same number to another.</param>
    /// <param name="result">The state machine's answer; null when the command was not done there, or nobody knows.</param>
    public void OnForwarded(long number, string requestId, KvResult? result)
    {
        if (waiting.TryGetValue(number, out var request) && request.RequestId == requestId)
        {
            Finish(number, request, result);
        }
    }

    private void Try(long number, MaelstromRequest request)
    {
        request.TriesAgainAt = After(AttemptTime);
        if (request.IsRead)
        {
            replica.Driver.Query(
                [new QueryEnvelope("", request.Encoded)], ReadConsistency.Linearizable, new ReplySink(batch => OnReplied(number, batch.Replies[0])));
        }
        else
        {
            Submit(request.RequestId, request.Encoded, reply => OnReplied(number, reply));
        }
    }

    private void OnReplied(long number, in Reply reply)
    {
        if (!waiting.TryGetValue(number, out var request))
        {
            return;
        }

        if (reply is { Kind: ReplyKind.Rejected, Leader: { } leader } && leader != replica.Driver.Key.Replica && !request.IsRead)
        {
            forward(leader, number, request.Encoded, request.RequestId);
        }
        else
        {
            Finish(number, request, reply.Kind == ReplyKind.Committed ? KvResultCodec.Instance.Read(reply.Body) : null);
        }
    }

    private void Finish(long number, MaelstromRequest request, KvResult? result)
    {
        if (result is null)
        {
            request.TriesAgainAt = Math.Min(request.TriesAgainAt, After(Pause));
            return;
        }

        waiting.Remove(number);
        var (error, text) = result.Answer switch
        {
            KvAnswer.NoSuchKey => (MaelstromError.KeyDoesNotExist, $"There is no key {request.Command.Key}."),
            KvAnswer.OtherValue => (MaelstromError.PreconditionFailed, $"The value is {result.Value}, not {request.Command.Expected}."),
            _ => (default, ""),
        };
        answer(request, result, error, text);
    }

    private long After(TimeSpan span) => time.GetTimestamp() + (long)(span.TotalSeconds * time.TimestampFrequency);

    private sealed class ReplySink(Action<ReplyBatch> told) : IReplySink
    {
        public void OnReplied(ReplyBatch batch) => told(batch);
    }
}
