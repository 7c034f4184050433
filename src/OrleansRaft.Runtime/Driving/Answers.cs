namespace OrleansRaft.Runtime.Driving;

/// <summary>Hands answers to whoever waits for them, on the replica's turn.</summary>
/// <param name="metrics">Where durations are recorded.</param>
/// <param name="time">The monotonic clock.</param>
/// <param name="groupTime">The group's time, which goes along with every batch of answers.</param>
internal sealed class Answers(RaftMetrics metrics, TimeProvider time, Func<LogTime> groupTime)
{
    public void Answer(Submission submission, int place, in Reply reply)
    {
        if (submission.Note(place, reply))
        {
            Deliver(submission);
        }
    }

    public void AnswerAll(Submission submission, in Reply reply)
    {
        for (var place = 0; place < submission.Count; place++)
        {
            Answer(submission, place, reply);
        }
    }

    public void AnswerAll(QueryBatch batch, in Reply reply)
    {
        var replies = new Reply[batch.Queries.Count];
        Array.Fill(replies, reply);
        Deliver(batch, replies);
    }

    public void Deliver(QueryBatch batch, Reply[] replies) => batch.Sink.OnReplied(new ReplyBatch(replies, groupTime()));

    private void Deliver(Submission submission)
    {
        if (submission.Envelopes.Count != 0)
        {
            metrics.Proposals.Add(submission.Count);
            metrics.ProposalDuration.Record(time.GetElapsedTime(submission.Arrived).TotalSeconds);
        }

        Spans.End(submission.Span);
        submission.Deliver(groupTime());
    }
}
