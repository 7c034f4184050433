namespace OrleansRaft.Runtime.Lives;

/// <summary>
/// What one replica must be careful about in this life of its silo: decided from what the last life was doing when the process ended. Pure.
/// </summary>
/// <remarks>
/// <para>
/// A careful silo runs the user's code for one replica at a time, and its store knows beforehand for which entries. When the process ends meanwhile,
/// the next life divides those entries by <see cref="Parts"/>, and so on until one entry is left. If that is under way at the end of two lives in a
/// row, it is condemned, and the replica halts before it. Plans speak of halving; sixteen parts cost a few milliseconds of marks more and a third of
/// the starts, and starts are what hurts: each takes seconds, and minutes where whoever restarts the process waits longer each time.
/// </para>
/// <para>
/// One end is no verdict: somebody may kill the process at that moment, or it ends of something else while a mark is stored that could not be
/// removed, because the disk failed. So what can be divided no further, an entry or the restoring of a snapshot, is only accused at first. It is
/// tried alone again, under a mark that says so (<see cref="ApplyMark.IsAccused"/>); once it succeeds, the accusation is gone. A wrong accusation
/// costs nothing then, a right one costs one start more; a wrong verdict would cost the replica.
/// </para>
/// <para>
/// What has been applied or restored once in this life needs no care when the state is made anew: it has not ended the process, and others would wait
/// for it again.
/// </para>
/// <para>
/// A condemned entry is never tried again as time goes by, since each attempt may cost a process. Another program tries it, by itself, under a mark
/// and judged anew; a snapshot of the leader passes over it.
/// </para>
/// </remarks>
internal sealed class CarePlan
{
    /// <summary>How many entries are applied under one mark, where nothing is known.</summary>
    public const int BatchMax = 256;

    /// <summary>Into how many parts entries are divided among which one ended the process.</summary>
    public const int Parts = 16;

    private readonly StartCare start;
    private readonly Func<ulong> program;
    private readonly bool isCareful;
    private readonly LogIndex end;

    // Entries of which one is suspected, and how many of them are applied under one mark.
    private LogIndex first;
    private LogIndex last;
    private int step;
    private bool isRestoreSuspect;

    // What this life has applied and restored already.
    private LogIndex applied;
    private LogIndex? restored;

    // What was under way alone when the last life ended, if anything was.
    private LogIndex? accused;
    private LogIndex? accusedRestore;

    /// <summary>Makes the plan.</summary>
    /// <param name="start">How the silo begins this life.</param>
    /// <param name="found">What the store remembers of the replica.</param>
    /// <param name="snapshot">The last entry of its snapshot.</param>
    /// <param name="end">The end of its log, as it was read back: any of it may have been applied, since commit indexes are written late.</param>
    /// <param name="program">Tells one build of the state machine from another; asked only when that matters.</param>
    public CarePlan(StartCare start, ApplyMark? found, LogIndex snapshot, LogIndex end, Func<ulong> program)
    {
        this.start = start;
        this.program = program;
        this.end = end;
        isCareful = start.IsCareful;
        Verdict = found?.Verdict ?? StateVerdict.None;
        if (found is not null)
        {
            Judge(found, snapshot);
        }

        Suspended = found is { IsAccused: true } && found.Life == start.Life ? found with { IsAccused = false } : null;

        // What is only suspected stays as it is until it is tried: the process may end before, of something else.
        MustRemember = found is not null && last == LogIndex.Zero && !isRestoreSuspect && Resting != found;
    }

    /// <summary>
    /// What the store must remember instead of what it does, until that is tried again; null for nothing else. Of a replica that is opened anew in
    /// this life, an accusation must not wait for the life's end as if the accused were still under way.
    /// </summary>
    public ApplyMark? Suspended { get; }

    /// <summary>The entry at which the replica halts; null for none.</summary>
    public LogIndex? Condemned { get; private set; }

    /// <summary>The last entry of the snapshot that is not to be restored; null for none.</summary>
    public LogIndex? Unrestorable { get; private set; }

    /// <summary>What comparisons said of the state, which the store remembers beside everything else.</summary>
    public StateVerdict Verdict { get; set; }

    /// <summary>Whether the store must be told <see cref="Resting"/> to begin with.</summary>
    public bool MustRemember { get; }

    /// <summary>What the store should remember while nothing is under way; null for nothing.</summary>
    public ApplyMark? Resting => Condemned is null && Unrestorable is null
        ? Verdict == StateVerdict.None ? null : Empty
        : Empty with { Condemned = Condemned, Unrestorable = Unrestorable, Program = program() };

    /// <summary>Whether a replica whose state holds so much must still be careful.</summary>
    public bool IsCarefulAfter(LogIndex index) => LogIndex.Max(index, applied) is var known && ((isCareful && known < end) || known < last);

    /// <summary>How many entries may be applied at once.</summary>
    /// <param name="next">The first of them.</param>
    /// <param name="most">How many, at most.</param>
    public int EntriesFrom(LogIndex next, int most)
    {
        if (next <= applied)
        {
            return (int)Math.Min(most, applied - next + 1);
        }

        if (IsSuspect(next))
        {
            return (int)Math.Min(Math.Min(most, step), last - next + 1);
        }

        // Never across the border of what is suspected, or of what needs a mark.
        var room = next < first ? first - next : long.MaxValue;
        return (int)Math.Min(room, isCareful && next <= end ? Math.Min(Math.Min(most, BatchMax), end - next + 1) : most);
    }

    /// <summary>What the store must remember while entries are applied; null for nothing.</summary>
    /// <param name="from">The first.</param>
    /// <param name="through">The last; no more than <see cref="EntriesFrom"/> says.</param>
    public ApplyMark? MarkOf(LogIndex from, LogIndex through) =>
        from > applied && (IsSuspect(from) || (isCareful && from <= end))
            ? (Resting ?? Empty) with { First = from, Last = through, IsAccused = from == through && from == accused }
            : null;

    /// <summary>What the store must remember while a snapshot is restored; null for nothing.</summary>
    public ApplyMark? MarkOfRestore(LogIndex snapshot) =>
        snapshot != restored && (isCareful || isRestoreSuspect)
            ? (Resting ?? Empty) with { Restoring = snapshot, IsAccused = snapshot == accusedRestore }
            : null;

    /// <summary>The state holds so much: what was accused of that has ended no process.</summary>
    public void OnApplied(LogIndex index)
    {
        applied = LogIndex.Max(applied, index);
        accused = accused <= index ? null : accused;
    }

    /// <summary>The state is a snapshot's: what was decided about the entries that it covers, or about another snapshot, no longer matters.</summary>
    /// <returns>Whether <see cref="Resting"/> is another now.</returns>
    public bool OnRestored(LogIndex snapshot)
    {
        isRestoreSuspect = false;
        accusedRestore = null;
        restored = snapshot;
        OnApplied(snapshot);
        var isOther = Unrestorable is not null || Condemned <= snapshot;
        Unrestorable = null;
        Condemned = Condemned <= snapshot ? null : Condemned;
        return isOther;
    }

    private ApplyMark Empty => new() { Life = start.Life, Verdict = Verdict };

    private bool IsSuspect(LogIndex index) => index >= first && index <= last && last > LogIndex.Zero;

    private void Judge(ApplyMark found, LogIndex snapshot)
    {
        // What was under way in this very life of the process has not ended it: the replica was only opened anew.
        var isFatal = found.Life != start.Life;
        var isSecond = isFatal && found.IsAccused;
        var isAccused = isFatal || found.IsAccused;
        var isKnownProgram = (found.Condemned ?? found.Unrestorable) is not null && found.Program == program();
        if (found.Unrestorable == snapshot)
        {
            (Unrestorable, isRestoreSuspect) = (isKnownProgram ? snapshot : null, !isKnownProgram);
        }

        if (found.Restoring == snapshot)
        {
            (Unrestorable, isRestoreSuspect) = (isSecond ? snapshot : Unrestorable, !isSecond);
            accusedRestore = !isSecond && isAccused ? snapshot : null;
        }

        if (found.Condemned is { } condemned && condemned > snapshot)
        {
            if (isKnownProgram)
            {
                Condemned = condemned;
            }
            else
            {
                Suspect(condemned, condemned, 1);
            }
        }

        if (found.Last > snapshot)
        {
            var count = found.Last - found.First + 1;
            if (isSecond && count == 1)
            {
                Condemned = found.First;
            }
            else
            {
                accused = isAccused && count == 1 ? found.First : null;
                Suspect(found.First, found.Last, isFatal ? (count + Parts - 1) / Parts : count);
            }
        }
    }

    private void Suspect(LogIndex from, LogIndex through, long atOnce) => (first, last, step) = (from, through, (int)Math.Min(atOnce, BatchMax));
}
