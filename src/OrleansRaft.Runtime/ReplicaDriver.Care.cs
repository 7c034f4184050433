using OrleansRaft.Core;
using OrleansRaft.Runtime.Lives;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime;

/// <summary>
/// The careful start: a silo whose process ended uncleanly twice in a short time applies what its logs hold under marks, so that the entry which ends
/// the process is found, and halts its own replica only.
/// </summary>
/// <remarks>
/// Any entry of the log that was read back may be the one: what is stored of the commit index is older than what was applied. Entries that are not
/// known to be committed are applied when they are, and carefully whenever that is. What comes after them has not been applied by any life before.
/// </remarks>
internal sealed partial class ReplicaDriver
{
    private StartCare life = StartCare.None;
    private CarePlan? plan;
    private MachineCare? care;
    private bool isCareful;

    /// <summary>Whether the replica applies carefully what the log held that it started with. Any thread.</summary>
    public bool IsCareful => Volatile.Read(ref isCareful);

    /// <summary>The entry before which the machine halts; null for none, and when it is skipped.</summary>
    private LogIndex? Condemned => plan?.Condemned is { } entry && core?.Skipped.Contains(entry) is not true ? entry : null;

    private void BeginCare(IReplicaLog opened, StartCare? start)
    {
        if (worker is null || start is null || !opened.KeepsMarks)
        {
            return;
        }

        var recovered = opened.Recovered;
        var end = recovered.LogStart.Index + recovered.Entries.Count;
        life = start;
        plan = new CarePlan(start, opened.Mark, recovered.Snapshot.LastIncluded.Index, end, () => machine.Program);
        care = new MachineCare(opened, executor!, worker, plan.Resting);
        worker.Begin(care);
        if (plan.MustRemember)
        {
            care.Rest(plan.Resting);
        }
        else if (plan.Suspended is { } suspended)
        {
            opened.WriteMark(suspended, static _ => { });
        }
    }

    /// <summary>Tells the silo whether this replica is being careful.</summary>
    private void MindCare(bool hasEnded = false)
    {
        if (plan?.Condemned <= view.AppliedEntry.Index)
        {
            // It was passed over.
            NoteRestored(view.AppliedEntry.Index);
        }

        var isNow = plan is not null && !hasEnded && !IsHalted && plan.IsCarefulAfter(view.AppliedEntry.Index);
        if (isNow != isCareful)
        {
            Volatile.Write(ref isCareful, isNow);
            life.Count(isNow ? 1 : -1);
        }
    }

    /// <summary>Those of the entries that come before the one that is not applied.</summary>
    private IReadOnlyList<Entry> BeforeEnd(IReadOnlyList<Entry> entries) =>
        EndOfUse is { } end && entries[^1].Index >= end ? [.. entries.TakeWhile(entry => entry.Index < end)] : entries;

    /// <summary>Halts when nothing is left to be applied before the entry that is not.</summary>
    private void HaltAtEnd()
    {
        if (EndOfUse is { } end && !isRebuilding && !isInstalling && !IsHalted && handedOut >= end && view.AppliedEntry.Index.Next == end)
        {
            EnterHalt(HaltAt(end));
        }
    }

    private Halt AtCondemned(LogIndex condemned) => new(
        Core.IdAt(condemned),
        $"The process ended each time entry {condemned} was applied. It is not tried again, since each attempt may end the process.")
    {
        IsFinal = true,
    };

    /// <summary>Why a snapshot is not restored; null when it is.</summary>
    private MachineException? RefuseRestore() => plan?.Unrestorable is { } snapshot
        ? new MachineException(
            $"The process ended each time the snapshot through {snapshot} was restored. It is not tried again, since each attempt may end the "
                + "process.")
        : null;

    /// <summary>The state covers so much: what was decided about entries until there, or about a snapshot, is over.</summary>
    private void NoteRestored(LogIndex through)
    {
        if (plan is not null && plan.OnRestored(through))
        {
            care!.Rest(plan.Resting);
        }
    }
}
