using OrleansRaft.Core;
using OrleansRaft.Runtime.Driving;
using OrleansRaft.Runtime.Machines;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime;

/// <summary>What becomes of a replica whose state machine throws: its log and its vote live on, its state is made anew, or it halts.</summary>
/// <remarks>
/// After a throw the state may be half changed, so it is restored from the last snapshot and the log is applied again: from the entries that threw on
/// one by one. The entry that throws again halts this replica there: it holds the state before that entry, serves stale reads from it, and tries
/// again, less and less often, since the cause may have been its silo's (memory, a missing file). A leader that halts hands its office over; where
/// everybody halts, whoever leads rejects what it cannot apply.
/// </remarks>
internal sealed partial class ReplicaDriver
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastRetry = TimeSpan.FromMinutes(1);

    // A follower that applies nothing takes no snapshot either; beyond so many thresholds it waits for its leader's.
    private const int HaltedLogFactor = 8;

    private bool isRebuilding;
    private bool isInstalling;
    private SnapshotDescriptor? rebuildFrom;
    private EntryId? loading;
    private LogIndex rebuildTo;
    private LogIndex suspect = new(long.MaxValue);
    private long rebuilds;
    private Halt? found;
    private Halt? halt;
    private long haltedBytes;
    private bool hasToldHalted;
    private long retryFrom;
    private TimeSpan retryAfter = FirstRetry;
    private long transferFrom;
    private TimeSpan transferAfter = FirstRetry;
    private bool transfersAtOnce;

    /// <summary>Whether the state machine is halted: it threw on an entry, and nothing after that is applied. Any thread.</summary>
    public bool IsMachineHalted => Volatile.Read(ref halt) is not null;

    /// <summary>Whether this program is too old for the version at which the state machine works, or cannot read an entry. Any thread.</summary>
    public bool IsVersionBehind => Volatile.Read(ref halt) is { IsBehind: true };

    /// <summary>
    /// Whether the replica should not lead: its state machine is halted, does not come back from a call, is being started carefully, or is away to be
    /// restored from a large snapshot. Any thread.
    /// </summary>
    public bool IsUnfitToLead => IsMachineHalted || Volatile.Read(ref isStuck) || IsCareful || IsRestoringApart;

    /// <summary>Whether the state machine is halted where this program does not try again: there the process ended. Any thread.</summary>
    public bool IsHaltFinal => Volatile.Read(ref halt) is { IsFinal: true };

    /// <summary>The entry at which the state machine is halted; null when it is not, or not by an entry. Any thread.</summary>
    public EntryId? MachineHaltedAt => Volatile.Read(ref halt)?.Entry;

    private bool IsHalted => halt is not null;

    private bool HasState => !isRebuilding && !IsRestoringApart && halt is not { HasState: false };

    private void OnApplyFailed(EntryId first, MachineException failure)
    {
        Log.MachineThrew(logger, failure, Key, first);
        if (isRebuilding && first.Index >= suspect)
        {
            // One by one: this is the entry.
            BeginRebuild(first.Index.Previous, new Halt(first, failure.Message) { IsBehind = failure is UnreadableEntryException });
        }
        else
        {
            suspect = first.Index;
            BeginRebuild(handedOut, null);
        }
    }

    /// <summary>The machine cannot say what it holds: it goes no further, so that the log is not forgotten beneath it.</summary>
    private void HaltBehind(MachineException failure)
    {
        Log.MachineThrew(logger, failure, Key, view.AppliedEntry);
        EmptyMachine();
        EnterHalt(new Halt(null, failure.Message) { HasState = true });
    }

    /// <summary>The machine cannot be restored: it has no state to serve from.</summary>
    private void HaltWithoutState(MachineException failure)
    {
        Log.MachineThrew(logger, failure, Key, view.AppliedEntry);
        EmptyMachine();
        isInstalling = false;
        EnterHalt(new Halt(halt?.Entry, failure.Message) { HasState = false, IsFinal = plan is { Unrestorable: not null } });
    }

    /// <summary>Makes the state anew, through an index; and halts there, if <paramref name="then"/> says so.</summary>
    private void BeginRebuild(LogIndex through, Halt? then)
    {
        if (EndOfUse is { } end && end <= through)
        {
            (through, then) = (end.Previous, HaltAt(end));
        }

        EmptyMachine();
        rebuilds++;
        lives++;
        (isRebuilding, rebuildFrom, rebuildTo, found) = (true, null, through, then);
        unreported = null;
        (digest, isDigestUnreported) = (null, false);
        LoadForRebuild();
    }

    private void LoadForRebuild()
    {
        // A snapshot that is on its way to the store would move the beginning of the log meanwhile.
        if (savingStarted is not null || isInstalling || Core.IsInstalling)
        {
            return;
        }

        rebuildFrom = Core.Snapshot;
        if (!Core.MayUse(rebuildFrom))
        {
            LackState();
        }
        else if (IsUnsupported(rebuildFrom))
        {
            FallBehind(rebuildFrom);
        }
        else if (rebuildFrom.LastIncluded == EntryId.Zero)
        {
            Restore(rebuildFrom, SnapshotStream.Nothing);
        }
        else if (loading != rebuildFrom.LastIncluded)
        {
            // Asked for once, however often the state is to be made anew meanwhile: it would be restored in the middle of the log otherwise.
            loading = rebuildFrom.LastIncluded;
            ReplicaLog.LoadSnapshot(rebuildFrom);
        }
    }

    /// <summary>A snapshot of the leader is durable: it replaces the state, whatever was wrong with it.</summary>
    private void Install(SnapshotDescriptor snapshot)
    {
        if (IsUnsupported(snapshot))
        {
            KeepUnread(snapshot);
            return;
        }

        isInstalling = true;
        rebuildFrom = null;
        lives++;
        EmptyMachine();
        ReplicaLog.LoadSnapshot(snapshot);
    }

    private void OnSnapshotLoaded(SnapshotDescriptor snapshot, SnapshotStream state)
    {
        loading = loading == snapshot.LastIncluded ? null : loading;
        var isInstalled = isInstalling && snapshot.LastIncluded.Index > Core.AppliedIndex;
        if (isInstalled)
        {
            isRebuilding = false;
        }
        else if (!isRebuilding || snapshot.LastIncluded != rebuildFrom?.LastIncluded)
        {
            // Another one has taken its place meanwhile.
            state.Dispose();
            return;
        }

        Restore(snapshot, state);
    }

    private void Restore(SnapshotDescriptor snapshot, SnapshotStream state)
    {
        if (RestorerFor(state) is { } queue)
        {
            queue.Post(RestoreJobOf(snapshot, state));
            return;
        }

        try
        {
            RestoreJob.Restore(machine, Key, snapshot, state);
        }
        catch (MachineException failure)
        {
            HaltWithoutState(failure);
            return;
        }

        view = MachineView.Of(machine);
        OnRestored(snapshot);
    }

    /// <summary>
    /// The machine holds a snapshot's state: the one that the replica began with, one that its leader sent, or the last one, to begin anew from it.
    /// </summary>
    private void OnRestored(SnapshotDescriptor snapshot)
    {
        NoteRestored(snapshot.LastIncluded.Index);
        snapshotBytes = snapshot.SizeBytes;
        stateSkips = snapshot.Skipped;
        (digest, isDigestUnreported) = (null, false);
        versionTold = Math.Max(versionTold, view.Version);
        handedOut = LogIndex.Max(handedOut, snapshot.LastIncluded.Index);
        answered = LogIndex.Max(answered, snapshot.LastIncluded.Index);
        if (isRebuilding)
        {
            Rebuild();
            return;
        }

        if (!isInstalling)
        {
            return;
        }

        isInstalling = false;
        handedOut = snapshot.LastIncluded.Index;
        if (!Core.MayUse(snapshot))
        {
            LackState();
            return;
        }

        LeaveHalt();
        MendVerdict();
        Log.SnapshotRestored(logger, Key, snapshot.LastIncluded, snapshot.SizeBytes);
        unreported = snapshot.LastIncluded.Index;
        host.OnSnapshot(snapshot.LastIncluded, isInstalled: true);
        ReportApplied();
    }

    /// <summary>Applies what comes next of the log, from the suspect on one by one, until all is applied that should be.</summary>
    private void Rebuild()
    {
        // What throws here, on the turn, begins the next rebuild, and has ended it when it comes back.
        var mine = rebuilds;
        while (mine == rebuilds && isRebuilding && !isInstalling && view.AppliedEntry.Index < rebuildTo)
        {
            var untilSuspect = suspect - view.AppliedEntry.Index - 1;
            var atOnce = worker is null ? JobEntriesMax : plan?.EntriesFrom(view.AppliedEntry.Index.Next, jobEntries) ?? jobEntries;
            var end = Core.LastComparison.Index is var compared && compared > view.AppliedEntry.Index ? LogIndex.Min(compared, rebuildTo) : rebuildTo;
            var rest = (int)Math.Min(end - view.AppliedEntry.Index, atOnce);
            var most = Math.Max(1, CountUnskipped(view.AppliedEntry.Index, rest));
            Give(Core.EntriesAfter(view.AppliedEntry.Index, untilSuspect <= 0 ? 1 : (int)Math.Min(untilSuspect, most)));
            if (worker is not null)
            {
                return;
            }
        }

        if (mine == rebuilds && isRebuilding && !isInstalling)
        {
            EndRebuild();
        }
    }

    private void EndRebuild()
    {
        if (found is { } again)
        {
            EnterHalt(again);
            return;
        }

        Log.MachineRebuilt(logger, Key, view.AppliedEntry);
        isRebuilding = false;
        LeaveHalt();
        unreported = view.AppliedEntry.Index;
    }

    private void EnterHalt(Halt why)
    {
        isRebuilding = false;
        if (halt is null)
        {
            transferFrom = time.GetTimestamp();
        }

        if (why.IsBehind && halt is not { IsBehind: true })
        {
            BeginBehind();
        }

        Volatile.Write(ref halt, why);
        retryFrom = time.GetTimestamp();
        unreported = why.HasState && view.AppliedEntry.Index > Core.AppliedIndex ? view.AppliedEntry.Index : null;
        proposals.Abandon(Reply.Unknown(RejectHalted().Detail), RejectHalted());
        if (why.IsDiverged)
        {
            transfersAtOnce = true;
            host.OnDiverged(why.Cause, why.Remedy);
            return;
        }

        if (why.IsBehind)
        {
            Log.VersionBehind(logger, Key, why.Entry, why.Cause);
            host.OnVersionBehind(why.Entry, why.Cause);
        }
        else
        {
            Log.MachineHalted(logger, Key, why.Entry, why.Cause);
            host.OnMachineHalted(why.Entry, why.Cause);
        }
    }

    private void LeaveHalt()
    {
        suspect = new LogIndex(long.MaxValue);
        haltedBytes = 0;
        retryAfter = transferAfter = FirstRetry;
        if (halt is not null)
        {
            Volatile.Write(ref halt, null);
            host.OnMachineRecovered();
        }
    }

    /// <summary>Lets Core, and by it the leader, know whether this replica would do well as a leader.</summary>
    private void TellWhetherHalted()
    {
        var isUnfit = IsUnfitToLead || Core.FirstRaiseBeyond is not null;
        if (isUnfit != hasToldHalted)
        {
            hasToldHalted = isUnfit;
            Step(new MachineChanged(isUnfit));
        }
    }

    /// <summary>At each tick: a halted replica tries again now and then, and gives its leadership away.</summary>
    private void MindMachine()
    {
        if (!IsHalted && !isStuck)
        {
            transferAfter = FirstRetry;
            return;
        }

        // Where nobody can go on, a leadership that is handed over would only go around.
        if (Core.HasSoundSuccessor && (transfersAtOnce || time.GetElapsedTime(transferFrom) >= transferAfter) && ReplicaLog.MaySpeak)
        {
            transfersAtOnce = false;
            transferFrom = time.GetTimestamp();
            transferAfter = Later(transferAfter);
            Step(new TransferLeadership(null));
        }

        if (halt is { LacksState: true } || NeedsNewerSnapshot)
        {
            AskForState();
        }
        else if (halt is { IsFinal: false } && !isRebuilding && !isInstalling && !IsSkipUnderWay && time.GetElapsedTime(retryFrom) >= retryAfter)
        {
            retryAfter = Later(retryAfter);
            suspect = LogIndex.Min(suspect, view.AppliedEntry.Index.Next);
            BeginRebuild(handedOut, null);
        }
    }

    /// <summary>Why commands are refused that the machine would not apply; null when it would.</summary>
    private Reply? RejectForMachine() =>
        IsHalted ? RejectHalted() : isStuck ? rejections.MachineStuck() : IsRestoringApart ? rejections.Restoring() : null;

    /// <summary>Why queries are refused, whatever they may miss: the machine's state is being made. Null when it is there.</summary>
    private Reply? RejectForState(QueryBatch queries) =>
        isRebuilding || IsRestoringApart ? rejections.Restoring()
        : !IsHalted ? null
        : halt is { HasState: false } or { IsBehind: true } || queries.Consistency != ReadConsistency.Stale ? RejectHalted()
        : null;

    private Reply RejectHalted() => halt is { IsDiverged: true } diverged
        ? Rejections.Diverged(diverged.Cause, diverged.Remedy)
        : halt is { IsBehind: true } behind
        ? rejections.VersionBehind(behind.Cause)
        : rejections.MachineHalted(halt?.Entry, halt?.Cause ?? "");

    /// <summary>
    /// Whether a halted replica must not take a message: its log would grow without end. What it lacks then comes in its leader's snapshot.
    /// </summary>
    private bool IsTooMuchForHalted(Message message)
    {
        if (message is InstallSnapshot)
        {
            // A replica that was wrong again is not made to differ once more.
            return halt is { IsDiverged: true, IsFinal: true };
        }

        if (!IsHalted || message is not AppendEntries { Block.Count: > 0 } append)
        {
            return false;
        }

        haltedBytes += SizeOf(message);
        if (CarriesSkip(append.Block))
        {
            // It may be what lets the machine go on.
            return false;
        }

        // One that is behind takes them all the same, since a majority may need it, and asks for a snapshot instead.
        return halt is { IsBehind: false } && haltedBytes > SnapshotThreshold * HaltedLogFactor;
    }

    private static TimeSpan Later(TimeSpan pause) => pause * 2 < LastRetry ? pause * 2 : LastRetry;

    /// <summary>Where a state machine halted.</summary>
    /// <param name="Entry">The entry on which it throws; null when it cannot be restored or captured.</param>
    /// <param name="Cause">What it threw, in a sentence.</param>
    private sealed record Halt(EntryId? Entry, string Cause)
    {
        /// <summary>Whether the state before the entry is there.</summary>
        public bool HasState { get; init; } = true;

        /// <summary>Whether it is not tried again as time goes by.</summary>
        public bool IsFinal { get; init; }

        /// <summary>
        /// Whether this program is too old for what follows, or for the state: it serves nothing, and keeps what it is sent unread.
        /// </summary>
        public bool IsBehind { get; init; }

        /// <summary>Whether no state that may be used is stored here either: only a snapshot of the leader helps.</summary>
        public bool LacksState { get; init; }

        /// <summary>Whether a comparison with the other replicas halted it, and not what its code did.</summary>
        public bool IsDiverged { get; init; }

        /// <summary>What to do, where a comparison halted it.</summary>
        public string Remedy { get; init; } = "";
    }
}
