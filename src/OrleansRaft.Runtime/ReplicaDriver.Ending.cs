using OrleansRaft.Core;
using OrleansRaft.Runtime.Driving;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime;

/// <summary>How a replica ends: it sends nothing more, and whoever waits is answered.</summary>
public sealed partial class ReplicaDriver
{
    private void OnLogStopped(LogStopReason reason, Exception cause)
    {
        if (reason == LogStopReason.Fenced)
        {
            Log.Fenced(logger, Key);
        }
        else
        {
            Log.LogFailed(logger, cause, Key, reason);
        }

        End(cause);
    }

    private void End(Exception cause)
    {
        Abandon();
        host.OnStopped(cause);
    }

    private void Abandon()
    {
        isStopped = isStopping = true;
        HasLeader = IsLeader = false;
        CommitLag = 0;
        metrics.Replicas.Remove(this);
        inbox.Close();
        rounds.Stop();
        heldSends.Clear();
        effects.Clear();

        var refusal = refusals.Stopped();
        proposals.Abandon(refusals.StoppedWhileWaiting(), refusal);
        AnswerTransfers(Reply.Unknown($"{Key} stopped before its leadership was handed over."));
        for (; taking is not null && takingPlace < taking.Count; takingPlace++)
        {
            answers.Answer(taking, takingPlace, refusal);
        }

        taking = null;
        RefuseReads(reads.TakeAll(), refusal);
        Refuse(submissions, refusal);
        Refuse(inbox.TakeSubmissions(new Queue<Submission>()), refusal);
        Refuse(batch, refusal);
        Refuse(inbox.TakeBatch(new InboxBatch()), refusal);
    }

    private void Refuse(Queue<Submission> posted, in Reply refusal)
    {
        while (posted.TryDequeue(out var submission))
        {
            answers.AnswerAll(submission, refusal);
        }
    }

    private void Refuse(InboxBatch posted, in Reply refusal)
    {
        while (posted.Controls.TryDequeue(out var request))
        {
            if (request.Submission is { } submission)
            {
                answers.AnswerAll(submission, refusal);
            }
        }

        while (posted.Queries.TryDequeue(out var queries))
        {
            answers.AnswerAll(queries, refusal);
        }

        while (posted.Inspections.TryDequeue(out var enquiry))
        {
            enquiry.Refuse(HasStopped());
        }
    }
}
