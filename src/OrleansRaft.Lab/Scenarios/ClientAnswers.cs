using OrleansRaft.Runtime;

namespace OrleansRaft.Lab.Scenarios;

/// <summary>Notes answers.</summary>
internal static class ClientAnswers
{
    /// <summary>Notes what a replica answered.</summary>
    public static void Answer(this ClientRequest request, TimeSpan now, in Reply reply) => request.Answer(
        now,
        reply.Kind switch
        {
            ReplyKind.Committed => "committed",
            ReplyKind.Rejected => "rejected",
            _ => "unknown",
        },
        reply.Kind == ReplyKind.Committed && reply.Body.Length > 0 ? RegisterCodec.ReadNumber(reply.Body) : null,
        reply.Detail);

    /// <summary>Notes an answer.</summary>
    public static void Answer(this ClientRequest request, TimeSpan now, string outcome, long? value, string text)
    {
        request.Answered = now.TotalMilliseconds;
        request.Outcome = outcome;
        request.Value = value;
        request.Text = text;
    }
}
