using OrleansRaft.Core;
using OrleansRaft.Runtime.Driving;

namespace OrleansRaft.Runtime;

/// <summary>Commands and queries of clients.</summary>
internal sealed partial class ReplicaDriver
{
    private readonly List<ReadOnlyMemory<byte>> toPropose = [];
    private long toProposeBytes;
    private long lastProposal;
    private bool hasLimitsToPropose;

    // The submission that is being taken, and how far; so that an exception on the way leaves nobody without an answer.
    private Submission? taking;
    private int takingPlace;

    /// <summary>Takes the commands of many callers into as few proposals as their size allows.</summary>
    private void TakeSubmissions(int most)
    {
        if (submissions.Count == 0 && !WaitForRound())
        {
            submissions = inbox.TakeSubmissions(submissions);
        }

        while (most > 0 && !isStopping && submissions.TryDequeue(out taking))
        {
            most -= taking.Count;
            var rejection = RejectWhole();
            rounds.Carry(rejection is null ? taking.Count : 0);
            var now = GroupTime;
            for (takingPlace = 0; takingPlace < taking.Count;)
            {
                var place = takingPlace++;
                if (rejection is { } reply)
                {
                    answers.Answer(taking, place, reply);
                }
                else
                {
                    TakeCommand(taking, place, now);
                }
            }
        }

        taking = null;
        Propose();
    }

    /// <summary>
    /// Whether commands stay in the inbox for the next round, as long as this replica leads; a turn that learns that they need not is followed by one
    /// that takes them.
    /// </summary>
    private bool WaitForRound()
    {
        if (leadingTerm is null || !ReplicaLog.MaySpeak)
        {
            return false;
        }

        var (commands, bytes) = inbox.CommandsWaiting;
        return rounds.MustWait(Core.LastEntry.Index > Core.CommitIndex, commands, bytes);
    }

    /// <summary>What every command is refused by at the moment, if anything.</summary>
    private Reply? RejectWhole() =>
        !ReplicaLog.MaySpeak ? rejections.NotSpeaking()
        : Core.Role != RaftRole.Leader ? rejections.NotLeader(Core.Leader)
        : RejectForMachine();

    private void TakeCommand(Submission submission, int place, LogTime now)
    {
        var envelope = submission.Envelopes[place];
        var bytes = Entry.OverheadBytes + envelope.Length;
        if (bytes > options.AppendBytesMax)
        {
            answers.Answer(submission, place, rejections.TooLarge());
            return;
        }

        // A user's code was asked on its own thread.
        var check = submission.Checks?[place] ?? machine.Check(envelope);
        if (check.Problem is not null)
        {
            answers.Answer(submission, place, Rejections.Of(check));
            return;
        }

        envelope = check.Envelope.IsEmpty ? envelope : check.Envelope;
        bytes = Entry.OverheadBytes + envelope.Length;
        var view = EnvelopeView.Read(envelope);
        if (view.Kind != EnvelopeKind.Limits && view.Deadline < now)
        {
            answers.Answer(submission, place, Rejections.Expired(view.Deadline, now));
            return;
        }

        if (RejectForVersion(view) is { } early)
        {
            answers.Answer(submission, place, early);
            return;
        }

        var name = RequestName.Of(view);
        var hash = view.Hash;
        if (!name.IsNone && proposals.TryJoin(name, hash, submission, place))
        {
            return;
        }

        var scope = check.Scope.Span;
        if (machine.RejectShare(view, scope, now, proposals.CountOfScope(scope), proposals.IdCount) is { } full)
        {
            metrics.RequestsRefused.Add(1);
            answers.Answer(submission, place, full);
            return;
        }

        if (toProposeBytes + bytes > options.AppendBytesMax)
        {
            Propose();
        }

        proposals.Add(name, scope, hash, submission, place);
        toPropose.Add(envelope);
        toProposeBytes += bytes;
    }

    private void Propose()
    {
        if (toPropose.Count == 0)
        {
            return;
        }

        var commands = toPropose.ToArray();
        toPropose.Clear();
        toProposeBytes = 0;
        Step(new Propose(++lastProposal, commands));
        Invariant.Holds(isStopping || proposals.UnappendedCount == 0, "Core answers a proposal in the step that takes it");
    }

    private bool HasOtherLimits => view.Limits != options.ToSessionLimits().AtLevel(Core.Level) && !IsVersionBehind;

    /// <summary>
    /// A leader whose options differ from the limits in force replicates its own, so that all replicas change them at the same entry.
    /// </summary>
    private void ProposeLimits()
    {
        if (!hasLimitsToPropose || leadingTerm is null || !ReplicaLog.MaySpeak)
        {
            return;
        }

        hasLimitsToPropose = false;
        var limits = options.ToSessionLimits().AtLevel(Core.Level);
        Log.LimitsProposed(logger, Key, limits);
        proposals.Add(default, default, 0, new Submission(1, NobodysReplySink.Instance), 0);
        toPropose.Add(CommandEnvelopeCodec.EncodeLimits(limits));
        Propose();
    }

    /// <summary>Puts all queries of a turn behind one confirmation (two, when some may trust the lease).</summary>
    private void TakeQueries()
    {
        if (batch.Queries.Count == 0)
        {
            return;
        }

        List<QueryBatch> confirmed = [], leased = [];
        while (!isStopping && batch.Queries.TryDequeue(out var queries))
        {
            if (RejectForState(queries) is { } rejection)
            {
                answers.AnswerAll(queries, rejection);
            }
            else if (queries.Consistency == ReadConsistency.Stale && queries.AtLeast <= view.AppliedEntry.Index)
            {
                Serve(queries);
            }
            else if (!ReplicaLog.MaySpeak)
            {
                answers.AnswerAll(queries, rejections.NotSpeaking());
            }
            else
            {
                (queries.Consistency == ReadConsistency.Lease ? leased : confirmed).Add(queries);
            }
        }

        // Both are known before either is stepped, so that an exception leaves no query without an answer.
        var (confirmedId, leasedId) = (AddReads(confirmed), AddReads(leased));
        if (confirmedId is { } id)
        {
            Step(new Read(id));
        }

        if (leasedId is { } leaseId)
        {
            Step(new Read(leaseId, AllowLease: true));
        }
    }

    private long? AddReads(List<QueryBatch> batches) => batches.Count == 0 ? null : reads.Add(batches);

    private void ServeReads()
    {
        while (!isStopping && !isRebuilding && !IsRestoringApart && reads.TakeServable(view.AppliedEntry.Index) is { } queries)
        {
            if (!ReplicaLog.MaySpeak)
            {
                answers.AnswerAll(queries, rejections.NotSpeaking());
            }
            else if (queries.AtLeast > view.AppliedEntry.Index)
            {
                answers.AnswerAll(queries, rejections.NotReached(queries.AtLeast, view.AppliedEntry.Index));
            }
            else
            {
                Serve(queries);
            }
        }

        // What a halted machine will not reach may have been acknowledged: it must not look as if it had never been.
        while (IsHalted && reads.TakeConfirmed() is { } unreached)
        {
            answers.AnswerAll(unreached, RejectHalted());
        }
    }

    private void RejectReads(List<QueryBatch> batches, in Reply reply)
    {
        foreach (var queries in batches)
        {
            answers.AnswerAll(queries, reply);
        }
    }
}
