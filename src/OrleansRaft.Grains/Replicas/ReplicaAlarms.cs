using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;

namespace OrleansRaft.Grains.Replicas;

/// <summary>Raises the alarms of this silo's replicas, and clears them. Any thread.</summary>
internal sealed class ReplicaAlarms(AlarmBoard alarms)
{
    /// <summary>A state machine threw on an entry, and again when it was tried on a restored state.</summary>
    /// <param name="replica">Whose it is.</param>
    /// <param name="entry">The entry; null when the machine cannot be restored or captured.</param>
    /// <param name="cause">What it threw, in a sentence.</param>
    /// <param name="isFinal">Whether it is not tried again by this program.</param>
    public void MachineHalted(ReplicaKey replica, EntryId? entry, string cause, bool isFinal)
    {
        alarms.Clear(AlarmNames.VersionBehind, replica.ToString());
        ReportHalted(replica, entry, cause, isFinal);
    }

    /// <summary>A replica's program is too old for the version at which its group's state machine works, or cannot read an entry.</summary>
    /// <param name="replica">Whose it is.</param>
    /// <param name="entry">From which entry on; null when it cannot read its snapshot.</param>
    /// <param name="cause">What is the matter, in a sentence.</param>
    public void VersionBehind(ReplicaKey replica, EntryId? entry, string cause)
    {
        alarms.Clear(AlarmNames.MachineHalted, replica.ToString());
        alarms.Report(
            AlarmNames.VersionBehind,
            replica.ToString(),
            $"The program of {replica} is behind{(entry is { } at ? $", from entry {at.Index} of its log on" : "")}: {cause}",
            "Its log and its vote live on, and it applies and serves nothing. Start a program on its silo that is as new as the others': "
                + $"`oraft group show {replica.Group}` tells which versions each supports.",
            replica.Group);
    }

    private void ReportHalted(ReplicaKey replica, EntryId? entry, string cause, bool isFinal) => alarms.Report(
        AlarmNames.MachineHalted,
        replica.ToString(),
        $"The state machine of {replica} is halted "
            + $"{(entry is { } at ? $"at entry {at.Index} of its log" : "where it cannot be restored or captured")}: {cause}",
        (entry is null
            ? $"Its log and its vote live on. See `oraft group show {replica.Group}`, and start a program on its silos that can restore and "
                + "capture its state; "
            : $"Its log and its vote live on. See `oraft group log {replica.Group} --after {entry.Value.Index.Previous}`, and start a program on its "
                + "silos that can apply the entry; ")
            + (isFinal ? "this one does not try again." : "it tries again by itself.")
            + (entry is null ? "" : $" If the group is to go on without the entry, `oraft group skip {replica.Group} --entry {entry.Value.Index}`."),
        replica.Group);

    /// <summary>A state machine goes on.</summary>
    public void MachineRecovered(ReplicaKey replica)
    {
        alarms.Clear(AlarmNames.MachineHalted, replica.ToString());
        alarms.Clear(AlarmNames.VersionBehind, replica.ToString());
    }

    /// <summary>Replicas of a group hold different states: this one is wrong, or leads.</summary>
    public void Diverged(ReplicaKey replica, string detail, string remedy) =>
        alarms.Report(AlarmNames.Diverged, replica.ToString(), detail, remedy, replica.Group);

    /// <summary>A comparison found nothing of that.</summary>
    public void Agreed(ReplicaKey replica) => alarms.Clear(AlarmNames.Diverged, replica.ToString());

    /// <summary>The states of a group that a replica here leads could not all be compared for too long; null when they could.</summary>
    public void NotCompared(ReplicaKey replica, string? detail)
    {
        if (detail is null)
        {
            alarms.Clear(AlarmNames.NotCompared, replica.ToString());
            return;
        }

        alarms.Report(
            AlarmNames.NotCompared,
            replica.ToString(),
            detail,
            $"It is not known whether all replicas hold the same state. Start what does not answer, and one program on all silos; then "
                + $"`oraft group compare {replica.Group}`.",
            replica.Group);
    }

    /// <summary>A state that is captured in one piece is large, or no longer.</summary>
    /// <param name="replica">Whose it is.</param>
    /// <param name="sizeBytes">Its size; null when it is not large.</param>
    public void LargeCapture(ReplicaKey replica, long? sizeBytes)
    {
        if (sizeBytes is not { } size)
        {
            alarms.Clear(AlarmNames.LargeCapture, replica.ToString());
            return;
        }

        alarms.Report(
            AlarmNames.LargeCapture,
            replica.ToString(),
            $"The state of {replica} has {size / (1024 * 1024)} MiB, and is captured in one piece: its group waits for each snapshot.",
            "Let its state machine implement IViewStateMachine, whose snapshots are written as a stream while the group goes on; or spread the set "
                + $"over more groups. Beyond Raft:{nameof(RaftOptions.CaptureBytesMax)} the replica halts.",
            replica.Group);
    }

    /// <summary>A replica has left this silo.</summary>
    public void Stopped(ReplicaKey replica)
    {
        MachineRecovered(replica);
        Agreed(replica);
        NotCompared(replica, null);
        LargeCapture(replica, null);
    }

    /// <summary>A replica could not be opened, or stopped by itself: an alarm when what it has stored is damaged.</summary>
    public void Failed(ReplicaKey replica, Exception cause)
    {
        if (cause is CorruptDataException)
        {
            alarms.Report(
                AlarmNames.StoreCorrupt,
                replica.ToString(),
                $"What replica {replica} has stored is damaged: {cause.Message.TrimEnd('.')}.",
                "Its group goes on with its other replicas. See to the disk, and put a new replica in its place: "
                    + $"`oraft member replace {replica.Group} {replica.Replica}`.",
                replica.Group);
        }
    }

    /// <summary>A replica was opened: what it has stored is whole.</summary>
    public void Opened(ReplicaKey replica) => alarms.Clear(AlarmNames.StoreCorrupt, replica.ToString());
}
