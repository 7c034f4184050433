using OrleansRaft.Runtime.Driving;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime;

/// <summary>How a replica ends: it sends nothing more, and whoever waits is answered.</summary>
internal sealed partial class ReplicaDriver
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
        MindCare(hasEnded: true);
        metrics.Replicas.Remove(this);
        inbox.Close();
        EmptyMachine(worker?.Close() ?? []);
        EmptyMachine(hasher?.Close() ?? []);
        EmptyMachine(restorer?.Close() ?? []);
        AbandonJobs(completions);
        AbandonJobs(inbox.TakeCompletions([]));
        rounds.Stop();
        heldSends.Clear();
        effects.Clear();

        var rejection = rejections.Stopped();
        proposals.Abandon(rejections.StoppedWhileWaiting(), rejection);
        AnswerTransfers(Reply.Unknown($"{Key} stopped before its leadership was handed over."));
        AnswerSkips(null, rejections.SkipUndecided());
        RejectComparisons(rejection);
        renewals.ForEach(static renewal => renewal.Done.TrySetResult(false));
        for (; taking is not null && takingPlace < taking.Count; takingPlace++)
        {
            answers.Answer(taking, takingPlace, rejection);
        }

        taking = null;
        RejectReads(reads.TakeAll(), rejection);
        Reject(submissions, rejection);
        Reject(inbox.TakeSubmissions(new Queue<Submission>()), rejection);
        Reject(batch, rejection);
        Reject(inbox.TakeBatch(new InboxBatch()), rejection);
    }

    /// <summary>What the machine has done last is not looked at any more, but whoever waits for it is answered.</summary>
    private static void AbandonJobs(List<Completion> done)
    {
        foreach (var completion in done)
        {
            completion.Job?.Abandon();
            completion.State?.Dispose();
        }
    }

    private void Reject(Queue<Submission> posted, in Reply rejection)
    {
        while (posted.TryDequeue(out var submission))
        {
            answers.AnswerAll(submission, rejection);
        }
    }

    private void Reject(InboxBatch posted, in Reply rejection)
    {
        while (posted.Controls.TryDequeue(out var request))
        {
            if (request.Submission is { } submission)
            {
                answers.AnswerAll(submission, rejection);
            }
        }

        while (posted.Queries.TryDequeue(out var queries))
        {
            answers.AnswerAll(queries, rejection);
        }

        while (posted.Inspections.TryDequeue(out var inspection))
        {
            inspection.Reject(HasStopped());
        }
    }
}
