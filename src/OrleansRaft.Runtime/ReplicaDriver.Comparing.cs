using System.Collections.Immutable;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.Driving;
using OrleansRaft.Runtime.Lives;
using OrleansRaft.Runtime.Machines;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime;

/// <summary>
/// Comparisons of states: the leader has one made now and then, and when it is asked to; each replica makes a digest at the entry of the comparison,
/// and one that is found wrong has its state replaced.
/// </summary>
internal sealed partial class ReplicaDriver
{
    private const int ComparisonsAskedMax = 1_000;

    // A digest is followed by at least so many times what it took without another.
    private const int DigestPauseFactor = 100;

    private static readonly TimeSpan FirstRecheck = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstRetryOfComparison = TimeSpan.FromMinutes(1);

    // Who asked for a comparison that has not begun, and for the one under way.
    private readonly List<Submission> toCompare = [];
    private readonly List<Submission> comparing = [];

    private (EntryId Entry, StateDigest Digest)? digest;
    private bool isDigestUnreported;
    private TimeSpan digestTook;

    // Ends digests of large states, on another thread than the machine's; made for the first of them.
    private MachineQueue? hasher;
    private TimeSpan? recheckAfter;
    private LogTime? notComparedSince;
    private StateVerdict verdict;
    private ImmutableArray<ReplicaId> wrongMembers = [];

    /// <summary>Whether a comparison halted the state machine, since its state is wrong, or nobody can say whose is. Any thread.</summary>
    public bool IsDiverged => Volatile.Read(ref halt) is { IsDiverged: true };

    /// <summary>Somebody asks this replica to compare the states of its group.</summary>
    private void TakeComparison(Submission submission)
    {
        if (RejectComparison() is { } rejection)
        {
            answers.AnswerAll(submission, rejection);
            return;
        }

        // What is under way may be of an earlier index than the one who asks has seen.
        toCompare.Add(submission);
        BeginComparison();
    }

    private Reply? RejectComparison() =>
        Core.Role != RaftRole.Leader ? rejections.NotLeader(Core.Leader)
        : isRebuilding || isInstalling || IsCareful ? rejections.Restoring()
        : toCompare.Count >= ComparisonsAskedMax ? rejections.InboxFull()
        : RejectForMachine();

    /// <summary>At each tick, and when somebody asks.</summary>
    private void BeginComparison()
    {
        if (leadingTerm is null
            || Core.ComparisonUnderWay is not null
            || (toCompare.Count == 0 && !IsComparisonDue())
            || isStopping
            || !ReplicaLog.MaySpeak
            || isRebuilding
            || isInstalling
            || IsUnfitToLead)
        {
            return;
        }

        comparing.AddRange(toCompare);
        toCompare.Clear();
        Step(ProposeComparison.Instance);
    }

    /// <summary>
    /// Whether it is time to compare: after enough entries, or after a while if there was any; sooner where the last comparison left something open.
    /// What a digest takes is at most a hundredth of the time between two.
    /// </summary>
    private bool IsComparisonDue()
    {
        if (options.CompareEntries == 0)
        {
            return false;
        }

        var elapsed = TimeSpan.FromMilliseconds(GroupTime - Core.LastComparisonTime);
        return elapsed >= digestTook * DigestPauseFactor
            && (Core.EntriesSinceComparison >= options.CompareEntries
                || elapsed >= recheckAfter
                || (elapsed >= options.CompareInterval && Core.EntriesSinceComparison > 0));
    }

    /// <summary>The machine holds exactly what the log holds up to a comparison: now its digest is made.</summary>
    private void MakeDigest(EntryId comparison)
    {
        if (worker is not null)
        {
            worker.Post(new DigestJob(comparison) { Life = lives });
            return;
        }

        try
        {
            var started = time.GetTimestamp();
            FinishDigest(comparison, DigestJob.Begin(machine, comparison), time.GetElapsedTime(started));
        }
        catch (MachineException failure)
        {
            HaltBehind(failure);
        }
    }

    /// <summary>What is left of a digest is done here if it is nothing, and beside the machine and the turns if it is much.</summary>
    private void FinishDigest(EntryId comparison, PendingDigest pending, TimeSpan took)
    {
        if (pending.IsMade || executor is null)
        {
            OnDigested(comparison, new StateDigest(machine.Program, pending.Finish()), took);
            return;
        }

        hasher ??= new MachineQueue(Key, machine, executor, time, OnJobDone, static _ => { });
        if (!hasher.Post(new HashJob(comparison, pending, took) { Life = lives }))
        {
            pending.Dispose();
        }
    }

    private void OnDigested(EntryId comparison, StateDigest made, TimeSpan took) =>
        (digest, isDigestUnreported, digestTook) = ((comparison, made), true, took);

    /// <summary>Tells Core, after it has heard of what was applied.</summary>
    private void ReportDigest()
    {
        if (isDigestUnreported && digest is { } made && !isStopping)
        {
            isDigestUnreported = false;
            StepOnce(new StateDigested(made.Entry, made.Digest));
        }
    }

    /// <summary>A comparison of this leader is over.</summary>
    private void OnComparisonEnded(Comparison comparison)
    {
        metrics.CountComparison(comparison.Verdict);
        recheckAfter = comparison.Verdict == ComparisonVerdict.Equal ? null : Recheck(comparison.Verdict);
        switch (comparison.Verdict)
        {
            case ComparisonVerdict.Equal:
                Log.StatesEqual(logger, Key, comparison.Entry);
                break;
            case ComparisonVerdict.Incomplete:
                OnNotCompared(comparison);
                break;
            default:
                var detail = ComparisonText.Of(Key.Group, comparison);
                wrongMembers = comparison.Wrong;
                Log.StatesDiffer(logger, Key, comparison.Entry, detail);
                host.OnDiverged(detail, ComparisonText.RemedyOf(comparison, options.StopOnDivergence));
                break;
        }

        AnswerComparisons(comparing, Reply.Committed(comparison.Entry, ComparisonCodec.Encode(comparison)));
    }

    /// <summary>A comparison that could not be made is not one that was passed: after a while, somebody must know.</summary>
    private void OnNotCompared(Comparison comparison)
    {
        notComparedSince ??= GroupTime;
        var detail = ComparisonText.Of(Key.Group, comparison);
        Log.NotCompared(logger, Key, comparison.Entry, detail);
        if (TimeSpan.FromMilliseconds(GroupTime - notComparedSince.Value) >= options.NotComparedAfter)
        {
            host.OnNotCompared(detail);
        }

        if (!wrongMembers.IsEmpty && comparison.Members.All(member => !wrongMembers.Contains(member.Replica) || member.Digest == comparison.Majority))
        {
            // Those that are missing are others.
            wrongMembers = [];
            host.OnAgreed();
        }
    }

    private TimeSpan Recheck(ComparisonVerdict verdict)
    {
        var next = recheckAfter * 2
            ?? (verdict is ComparisonVerdict.Diverged or ComparisonVerdict.Undecided ? FirstRecheck : FirstRetryOfComparison);
        return next < options.CompareInterval ? next : options.CompareInterval;
    }

    private void OnComparisonRejected(ComparisonRejected rejected) =>
        AnswerComparisons(comparing, rejections.OfComparison(rejected.Reason, Core.Leader));

    /// <summary>What came of a comparison, on every replica that heard of it.</summary>
    private void OnComparisonJudged(ComparisonJudged judged)
    {
        switch (judged.Verdict)
        {
            case ComparisonVerdict.Equal:
                (notComparedSince, wrongMembers) = (null, []);
                host.OnNotCompared(null);
                host.OnAgreed();
                break;
            case ComparisonVerdict.Incomplete:
                notComparedSince ??= GroupTime;
                if (judged.IsRight && Core.Role != RaftRole.Leader)
                {
                    host.OnAgreed();
                }

                break;
            case ComparisonVerdict.NoMajority
                when options.StopOnDivergence && halt is not { IsDiverged: true } && !isInstalling && !Core.IsInstalling:
                StopHere(
                    $"At entry {judged.Entry.Index} the states of the replicas of {Key.Group} differ, "
                        + "and no majority of its voters holds one of them.",
                    ComparisonText.RemedyWithoutMajority(stops: true),
                    hasState: !isRebuilding);
                break;
        }

        if (judged.IsWrong)
        {
            OnStateWrong(judged.Entry);
        }
    }

    /// <summary>
    /// This replica's state is not what a majority holds. Log, term and vote are what others count on, and stay; the state is replaced by the
    /// leader's: once, since a machine that is not deterministic would differ again and again.
    /// </summary>
    private void OnStateWrong(EntryId at)
    {
        if (isInstalling || Core.IsInstalling)
        {
            // Another state is taking its place already.
            return;
        }

        verdict = new StateVerdict(verdict.Times + 1, at.Index, machine.Program);
        RememberVerdict();
        Log.StateWrong(logger, Key, at, verdict.Times);
        ObeyVerdict();
    }

    /// <summary>Serves nothing from a state that is wrong, and has it replaced; or stops, if that was done before.</summary>
    private void ObeyVerdict()
    {
        if (verdict.IsFinal)
        {
            StopHere(
                $"At entry {verdict.WrongAt} the state of {Key} differs from what a majority of {Key.Group} holds, and it did before: "
                    + "its state was replaced then.",
                ComparisonText.RemedyOfStopped,
                hasState: false);
            return;
        }

        DiscardState();
        EnterHalt(new Halt(
            null, $"At entry {verdict.WrongAt} the state of {Key} differs from what a majority of {Key.Group} holds; its leader's takes its place.")
        {
            HasState = false,
            LacksState = true,
            IsDiverged = true,
            Remedy = "Nothing is to be done, unless it differs again.",
        });
    }

    /// <summary>What comparisons said in former lives: the state that is stored may be wrong, and it may have been replaced before.</summary>
    private StateVerdict RecallVerdict(IReplicaLog opened) =>
        opened is { KeepsMarks: true, Mark.Verdict: var said } && said != StateVerdict.None ? said.Under(machine.Program) : StateVerdict.None;

    /// <summary>Lets the store remember what was said: neither a wrong state nor how often there was one is forgotten with the process.</summary>
    private void RememberVerdict()
    {
        if (plan is not null)
        {
            plan.Verdict = verdict;
            care!.Rest(plan.Resting);
        }
        else if (ReplicaLog.KeepsMarks)
        {
            ReplicaLog.WriteMark(verdict == StateVerdict.None ? null : new ApplyMark { Life = life.Life, Verdict = verdict }, static _ => { });
        }
    }

    /// <summary>The leader's state has taken this replica's place.</summary>
    private void MendVerdict()
    {
        if (verdict.IsWrong)
        {
            verdict = verdict with { WrongAt = LogIndex.Zero };
            RememberVerdict();
        }
    }

    private void StopHere(string cause, string remedy, bool hasState)
    {
        if (!hasState)
        {
            DiscardState();
        }

        EnterHalt(new Halt(null, cause) { HasState = hasState, IsFinal = true, IsDiverged = true, Remedy = remedy });
    }

    private void DiscardState()
    {
        EmptyMachine();
        rebuilds++;
        lives++;
        (digest, isDigestUnreported) = (null, false);
    }

    private void RejectComparisons(in Reply rejection)
    {
        AnswerComparisons(comparing, rejection);
        AnswerComparisons(toCompare, rejection);
    }

    private void AnswerComparisons(List<Submission> waiting, in Reply reply)
    {
        foreach (var submission in waiting)
        {
            answers.AnswerAll(submission, reply);
        }

        waiting.Clear();
    }
}
