using OrleansRaft.Core;
using OrleansRaft.Runtime.Driving;
using OrleansRaft.Runtime.Machines;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime;

/// <summary>The state machine: what it is given to do, here or on another thread, and what becomes of what it has done.</summary>
internal sealed partial class ReplicaDriver
{
    // What one job should take at most: others wait behind it for the thread, and callers for their answers.
    private static readonly TimeSpan JobTime = TimeSpan.FromMilliseconds(5);
    private const int JobEntriesMax = 1_024;

    private readonly MachineQueue? worker;

    // Restores a large state of a machine that runs on the turn otherwise; null where there are no other threads.
    private readonly MachineQueue? restorer;
    private Reply[] appliedReplies = [];
    private MachineView view;

    // What Core has handed out to be applied, and what has been answered.
    private LogIndex handedOut;
    private LogIndex answered;
    private int jobEntries = 16;
    private int queriesAtMachine;
    private int commandsAtMachine;
    private long bytesAtMachine;
    private bool isCapturing;
    private bool isStuck;

    /// <summary>Whether the state machine has work that explains why answers take long, and this replica takes its turns. Any thread.</summary>
    public bool IsWorking => (worker is { IsBusy: true } || IsRestoringApart) && !Volatile.Read(ref isStopped) && !Volatile.Read(ref isStuck);

    /// <summary>Whether another thread restores a machine that runs on the turn otherwise: nobody else touches it. Any thread.</summary>
    private bool IsRestoringApart => restorer is { IsIdle: false };

    /// <summary>Restores the machine to what the store read back, if that may be used.</summary>
    /// <returns>What it threw; null when it did not, or when another thread restores it.</returns>
    private MachineException? BeginMachine(SnapshotDescriptor snapshot, SnapshotStream state, bool mayUse)
    {
        handedOut = answered = snapshot.LastIncluded.Index;
        snapshotBytes = snapshot.SizeBytes;
        stateSkips = snapshot.Skipped;
        mayUse = mayUse && !IsUnsupported(snapshot);
        var refusal = mayUse ? RefuseRestore() : null;
        if (!mayUse || refusal is not null || RestorerFor(state) is not null)
        {
            // Until then it is as far as its snapshot, and whatever it is asked waits behind this.
            view = new MachineView(snapshot.LastIncluded, snapshot.Time, options.ToSessionLimits(), 0) { AppliedUtc = snapshot.Utc };
        }

        if (!mayUse || refusal is not null)
        {
            state.Dispose();
            return refusal;
        }

        if (RestorerFor(state) is { } queue)
        {
            // A machine that has no thread of its own lets entries wait as if its state was made anew.
            (isRebuilding, rebuildFrom, rebuildTo) = (worker is null, worker is null ? snapshot : null, handedOut);
            queue.Post(RestoreJobOf(snapshot, state));
            return null;
        }

        try
        {
            RestoreJob.Restore(machine, Key, snapshot, state);
            view = MachineView.Of(machine);
            return null;
        }
        catch (MachineException failure)
        {
            view = new MachineView(snapshot.LastIncluded, snapshot.Time, options.ToSessionLimits(), 0) { AppliedUtc = snapshot.Utc };
            return failure;
        }
    }

    /// <summary>Core has handed out what is committed.</summary>
    private void Apply(IReadOnlyList<Entry> entries)
    {
        handedOut = entries[^1].Index;
        if (isRebuilding && found is null)
        {
            // The state is made anew for another reason than these entries: they follow.
            (rebuildTo, found) = EndOfUse is { } end && end <= handedOut ? (end.Previous, HaltAt(end)) : (handedOut, null);
        }
        else if (!isRebuilding && !IsHalted)
        {
            Give(BeforeEnd(entries));
            HaltAtEnd();
        }
    }

    /// <summary>
    /// Where a state is restored, if not on the turn: on the machine's thread; and, where that is the turn, on another for what is large, and for
    /// what comes while that thread is at it.
    /// </summary>
    private MachineQueue? RestorerFor(SnapshotStream state) => worker ?? (state.Memory is null || IsRestoringApart ? restorer : null);

    private RestoreJob RestoreJobOf(SnapshotDescriptor snapshot, SnapshotStream state) =>
        new(Key, snapshot, state) { Mark = plan?.MarkOfRestore(snapshot.LastIncluded.Index), Life = lives };

    /// <summary>
    /// Lets the machine apply entries that follow what it has, here or on its thread. Where the newest comparison is among them, it stops there for a
    /// digest: of older ones nobody waits for any.
    /// </summary>
    private void Give(IReadOnlyList<Entry> entries)
    {
        var comparison = Core.LastComparison;
        if (entries.Count == 0 || comparison.Index < entries[0].Index || comparison.Index > entries[^1].Index)
        {
            GiveThrough(entries);
            return;
        }

        var mine = rebuilds;
        var length = (int)(comparison.Index - entries[0].Index) + 1;
        GiveThrough([.. entries.Take(length)]);
        if (mine == rebuilds)
        {
            MakeDigest(comparison);
        }

        if (mine == rebuilds && !IsHalted && length < entries.Count)
        {
            GiveThrough([.. entries.Skip(length)]);
        }
    }

    /// <summary>Passes over those entries that were skipped, and has the others applied.</summary>
    private void GiveThrough(IReadOnlyList<Entry> entries)
    {
        if (entries.Count == 0 || !(Core.Skipped.FirstAfter(entries[0].Index.Previous) <= entries[^1].Index))
        {
            GiveUnskipped(entries);
            return;
        }

        // What throws here, on the turn, begins a rebuild, which gives the rest itself.
        var mine = rebuilds;
        for (var start = 0; start < entries.Count && mine == rebuilds;)
        {
            var length = CountUnskipped(entries[start].Index.Previous, entries.Count - start);
            if (length == 0)
            {
                PassOver(entries[start++]);
            }
            else
            {
                GiveUnskipped([.. entries.Skip(start).Take(length)]);
                start += length;
            }
        }
    }

    private void GiveUnskipped(IReadOnlyList<Entry> entries)
    {
        if (worker is null)
        {
            ApplyHere(entries);
            return;
        }

        for (var given = 0; given < entries.Count;)
        {
            Entry[] part = [.. entries.Skip(given).Take(plan?.EntriesFrom(entries[given].Index, jobEntries) ?? jobEntries)];
            worker.Post(new ApplyJob(part) { Mark = plan?.MarkOf(part[0].Index, part[^1].Index), Life = lives });
            given += part.Length;
        }
    }

    private void ApplyHere(IReadOnlyList<Entry> entries)
    {
        if (appliedReplies.Length < entries.Count)
        {
            appliedReplies = new Reply[Math.Max(entries.Count, 2 * appliedReplies.Length)];
        }

        var replies = appliedReplies.AsSpan(0, entries.Count);
        try
        {
            machine.Apply(entries, replies);
        }
        catch (MachineException failure)
        {
            OnApplyFailed(entries[0].Id, failure);
            return;
        }

        view = MachineView.Of(machine);
        OnApplied(entries, replies);
        replies.Clear();
    }

    private void OnApplied(IReadOnlyList<Entry> entries, ReadOnlySpan<Reply> replies)
    {
        plan?.OnApplied(entries[^1].Index);
        if (metrics.Traces.IsActive)
        {
            metrics.Traces.OnApplied(Key, Core.Role == RaftRole.Leader, entries);
        }

        if (view.Version > versionTold)
        {
            TellVersion(entries);
        }

        for (var i = 0; i < entries.Count; i++)
        {
            appliedBytes += entries[i].SizeBytes;
            if (entries[i].Index > answered)
            {
                answered = entries[i].Index;
                proposals.OnApplied(entries[i].Id, replies[i]);
            }
        }

        if (!isRebuilding)
        {
            unreported = view.AppliedEntry.Index;
        }
        else if (worker is not null)
        {
            Rebuild();
        }
    }

    /// <summary>A job is done. On the machine's thread: queries are answered at once, everything else on the replica's turn.</summary>
    private void OnJobDone(MachineJob job)
    {
        if (job is QueryJob { Failure: null } queries)
        {
            Interlocked.Add(ref queriesAtMachine, -queries.Replies.Length);
            queries.Queries.Sink.OnReplied(new ReplyBatch(queries.Replies, GroupTimeSeen));
            return;
        }

        if (inbox.Post(Completion.OfJob(job)))
        {
            AskForTurn();
        }
        else
        {
            job.Abandon();
        }
    }

    /// <summary>A job is done. On the replica's turn.</summary>
    private void OnMachineDid(MachineJob job)
    {
        if (job.Failure is { } failure)
        {
            OnJobFailed(job, failure);
            return;
        }

        if (job.Life != lives && job is not CheckJob)
        {
            // Done before the state was made anew.
            job.Abandon();
            return;
        }

        switch (job)
        {
            case ApplyJob apply:
                view = job.View;
                AdaptJobs(apply);
                OnApplied(apply.Entries, apply.Replies);
                HaltAtEnd();
                break;
            case SkipJob skip:
                view = job.View;
                OnPassedOver(skip.Entry, skip.Reply);
                break;
            case CheckJob check:
                PostChecked(check);
                break;
            case ViewJob { Refusal: { } thrown } refused:
                answers.AnswerAll(refused.Queries, Rejections.CannotCapture(thrown));
                break;
            case ViewJob viewed:
                viewed.Queries.State!.Give(Describe(job.View), viewed.Take());
                break;
            case CaptureJob capture:
                isCapturing = false;
                SaveSnapshot(job.View, capture.Take());
                break;
            case DigestJob made:
                FinishDigest(made.Comparison, made.Take(), made.Took);
                break;
            case HashJob made:
                OnDigested(made.Comparison, made.Digest, made.Took);
                break;
            case RestoreJob restore:
                view = job.View;
                OnRestored(restore.Snapshot);
                break;
        }

        ReportApplied();
    }

    private void OnJobFailed(MachineJob job, Exception failure)
    {
        if (failure is not MachineException thrown)
        {
            job.Abandon();
            throw failure is CorruptDataException
                ? failure
                : new InvalidOperationException($"{Key} could not use its state machine.", failure);
        }

        if (job is HashJob)
        {
            // Goes on with the next.
            hasher!.TakeAll();
        }

        switch (job)
        {
            case not CheckJob when job.Life != lives:
                job.Abandon();
                break;
            case ApplyJob apply:
                OnApplyFailed(apply.Entries[0].Id, thrown);
                break;
            case CaptureJob and not ViewJob:
                isCapturing = false;
                savingStarted = null;
                HaltBehind(thrown);
                break;
            case DigestJob or HashJob:
                HaltBehind(thrown);
                break;
            case RestoreJob:
                HaltWithoutState(thrown);
                break;
            default:
                job.Abandon();
                break;
        }
    }

    /// <summary>As many commands at once as fit into a short time: as their time was, half a step at once up and a whole one down.</summary>
    private void AdaptJobs(ApplyJob done)
    {
        var fits = done.Took <= TimeSpan.Zero ? JobEntriesMax : JobTime / done.Took * done.Entries.Count;
        jobEntries = (int)Math.Clamp(Math.Min(fits, 2.0 * jobEntries), 1, JobEntriesMax);
    }

    /// <summary>Answers queries from the state as it is: at once, or on the machine's thread, behind what it has to apply.</summary>
    private void Serve(QueryBatch queries)
    {
        var count = queries.Queries.Count;
        var age = queries.Consistency == ReadConsistency.Stale && !(Core.Role == RaftRole.Leader && ReplicaLog.MaySpeak)
            ? Math.Max(0, Now() - heardFromLeader)
            : 0;
        if (queries.State is { } wanted)
        {
            GiveState(queries, wanted);
            return;
        }

        if (worker is not null)
        {
            Interlocked.Add(ref queriesAtMachine, count);
            worker.Post(new QueryJob(queries, age, rejections.Restoring()));
            return;
        }

        var replies = new Reply[count];
        try
        {
            for (var i = 0; i < replies.Length; i++)
            {
                replies[i] = machine.Query(queries.Queries[i]) with { AgeMilliseconds = age };
            }
        }
        catch
        {
            answers.AnswerAll(queries, rejections.Stopped());
            throw;
        }

        answers.Deliver(queries, replies);
    }

    /// <summary>Lets the machine's thread decode commands before they are proposed. Any thread.</summary>
    private PostResult Check(Submission submission, long bytes)
    {
        if (Interlocked.Add(ref commandsAtMachine, submission.Count) > options.InboxCommandsMax
            | Interlocked.Add(ref bytesAtMachine, bytes) > options.InboxBytesMax)
        {
            Interlocked.Add(ref commandsAtMachine, -submission.Count);
            Interlocked.Add(ref bytesAtMachine, -bytes);
            return PostResult.Full;
        }

        return worker!.Post(new CheckJob(submission, bytes, rejections.Stopped())) ? PostResult.Posted : PostResult.Closed;
    }

    /// <summary>Commands were decoded on the machine's thread: now they may be proposed.</summary>
    private void PostChecked(CheckJob check)
    {
        Interlocked.Add(ref commandsAtMachine, -check.Submission.Count);
        Interlocked.Add(ref bytesAtMachine, -check.Bytes);
        switch (inbox.TryPost(check.Submission, check.Bytes))
        {
            case PostResult.Full:
                answers.AnswerAll(check.Submission, rejections.InboxFull());
                break;
            case PostResult.Closed:
                answers.AnswerAll(check.Submission, rejections.Stopped());
                break;
        }
    }

    /// <summary>Takes away all that waits for the machine, and answers it.</summary>
    private void EmptyMachine()
    {
        EmptyMachine(worker?.TakeAll() ?? []);
        EmptyMachine(restorer?.TakeAll() ?? []);
    }

    private void EmptyMachine(List<MachineJob> jobs)
    {
        foreach (var job in jobs)
        {
            if (job is CheckJob && !isStopped)
            {
                // Commands are decoded whatever the state is.
                worker!.Post(job);
                continue;
            }

            if (job is QueryJob queries)
            {
                Interlocked.Add(ref queriesAtMachine, -queries.Replies.Length);
            }

            job.Abandon();
        }

        if (isCapturing)
        {
            isCapturing = false;
            savingStarted = null;
        }
    }

    /// <summary>A call of the user's code does not come back, or has come back at last. Any thread.</summary>
    private void OnMachineStuck(bool stuck)
    {
        Volatile.Write(ref isStuck, stuck);
        host.OnMachineStuck(stuck);
        AskForTurn();
    }
}
