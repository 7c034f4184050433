using OrleansRaft.Core;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Runtime.Driving;

/// <summary>The answers of a replica that does not take a request, in sentences.</summary>
/// <param name="key">The replica.</param>
/// <param name="options">From which waiting times follow.</param>
internal sealed class Rejections(ReplicaKey key, RaftOptions options)
{
    // A halted machine tries again by itself, at least once a minute.
    private const int HaltedRetryMilliseconds = 60_000;

    private readonly int tick = Math.Max(1, (int)options.TickInterval.TotalMilliseconds);

    /// <summary>Core's rejection.</summary>
    public Reply Of(RaftRejection reason, ReplicaId? leader) => reason switch
    {
        RaftRejection.NotLeader => NotLeader(leader),
        RaftRejection.Overloaded => Overloaded($"{key} has too much that is not committed yet; wait a moment."),
        RaftRejection.Transferring => NoLeader(leader, tick, $"{key} is handing its leadership over; try again in a moment."),
        RaftRejection.NotReady => NoLeader(leader, tick, $"{key} leads, but has not finished what its predecessor began; try again in a moment."),
        RaftRejection.ConfigurationConflict => Final(
            RejectionReason.ConfigurationConflict, $"The members of {key.Group} have changed meanwhile; read the configuration again."),
        RaftRejection.InvalidChange => Final(
            RejectionReason.InvalidRequest, $"The change would leave {key.Group} without voters, or names a replica that is not there."),
        RaftRejection.TooLarge => TooLarge(),
        RaftRejection.LeaseDisabled => Final(
            RejectionReason.LeaseDisabled,
            $"Leader leases are off; read linearizably, or set {RaftOptions.SectionName}:{nameof(RaftOptions.LeaderLease)}."),
        _ => throw new InvariantViolationException($"{reason} is not a reason that Core gives"),
    };

    /// <summary>Core's rejection of a transfer of leadership.</summary>
    public Reply OfTransfer(RaftRejection reason, ReplicaId? leader) => reason switch
    {
        RaftRejection.InvalidChange => Final(
            RejectionReason.InvalidRequest, $"Leadership of {key.Group} goes to another voter that answers, and the one asked for is none."),
        RaftRejection.NotReady => NoLeader(
            leader, tick * options.ElectionTicksMax, $"The replica asked for did not take over within an election timeout; {key} goes on leading."),
        _ => Of(reason, leader),
    };

    /// <summary>One change of members at a time (thesis §4.1).</summary>
    public Reply ChangePending(Configuration pending) => Final(
        RejectionReason.ConfigurationConflict,
        $"Another change of the members of {key.Group}, to {pending}, is under way; wait until it is done, "
            + "and make the change for the version that it leaves.");

    public Reply NotLeader(ReplicaId? leader) => leader is null
        ? NoLeader(null, tick * options.ElectionTicksMin, $"{key} knows no leader of its group; an election may be under way.")
        : NoLeader(leader, 1, $"{key} does not lead; replica {leader} does.");

    /// <summary>A replica without the right to speak says nothing about who leads.</summary>
    public Reply NotSpeaking() => NoLeader(
        null,
        tick * options.ElectionTicksMin,
        $"{key} may not speak for its member at the moment: its silo's lease is not valid, or another activation's has not ended.");

    public Reply Stopped() => NoLeader(null, tick, $"{key} has stopped here; it may be running on another silo.");

    /// <summary>The machine is halted: until a program applies the entry, the group takes no command, and no read that must have seen it.</summary>
    public Reply MachineHalted(EntryId? entry, string cause) => Reply.Rejected(
        RejectionReason.MachineHalted,
        null,
        HaltedRetryMilliseconds,
        entry is { } at
            ? $"The state machine of {key.Group} is halted at entry {at.Index} of its log: {cause} Start a program that can apply it on the group's "
                + "silos, or skip the entry (oraft group skip); until then the group serves stale reads only."
            : $"The state machine of {key.Group} is halted: {cause} Start a program on the group's silos that can do this; until then the group "
                + "takes no commands.");

    /// <summary>A comparison with the other replicas halted it.</summary>
    public static Reply Diverged(string cause, string remedy) =>
        Reply.Rejected(RejectionReason.MachineHalted, null, HaltedRetryMilliseconds, $"{cause} {remedy}");

    /// <summary>The state machine could not tell its state to somebody who asked for it.</summary>
    public static Reply CannotCapture(MachineException failure) =>
        Reply.Rejected(RejectionReason.MachineFailed, null, 0, failure.Message);

    /// <summary>Core's rejection of a comparison.</summary>
    public Reply OfComparison(RaftRejection reason, ReplicaId? leader) => reason == RaftRejection.NotReady
        ? NoLeader(
            key.Replica,
            tick * options.ElectionTicksMin,
            $"The states of {key.Group} cannot be compared at the moment: its members are being changed, or its leader has just begun; try again.")
        : Of(reason, leader);

    /// <summary>This program is too old for the state machine's version; another replica may serve.</summary>
    public Reply VersionBehind(string cause) => Reply.Rejected(
        RejectionReason.VersionBehind,
        null,
        tick * options.ElectionTicksMin,
        $"The program of {key} is behind: {cause} Its log and its vote live on; start a program on its silo that is as new as the others'.");

    /// <summary>The command needs a later version than the one that is in force.</summary>
    public Reply VersionNotRaised(int needs, int inForce) => Reply.Rejected(
        RejectionReason.VersionNotRaised,
        null,
        tick * options.ElectionTicksMin,
        $"The command needs version {needs} of the state machine of {key.Group}, which works at version {inForce}. The version is raised when the "
            + $"programs of all members support it ({RaftOptions.SectionName}:{nameof(RaftOptions.AutoRaise)}, or oraft group raise).");

    /// <summary>This program no longer supports the version that is in force: the version is raised, or a program between is started.</summary>
    public Reply VersionTooLow(int inForce, MachineVersions supported) => Reply.Rejected(
        RejectionReason.VersionNotRaised,
        null,
        tick * options.ElectionTicksMin,
        $"The state machine of {key.Group} works at version {inForce}, and the program of {key} supports {supported}. The version is raised when the "
            + $"programs of all members support a later one ({RaftOptions.SectionName}:{nameof(RaftOptions.AutoRaise)}, or oraft group raise).");

    /// <summary>The version is not raised.</summary>
    public Reply NotRaised(string why) =>
        Final(RejectionReason.VersionNotRaised, $"The version of the state machine of {key.Group} is not raised: {why}");

    /// <summary>A raise waits for something that is under way.</summary>
    public Reply RaiseNotYet(string why) => NoLeader(
        key.Replica,
        tick * options.ElectionTicksMin,
        $"The version of the state machine of {key.Group} is not raised yet: {why} Try again in a moment.");

    /// <summary>Core's rejection of a decision to skip an entry.</summary>
    public Reply OfSkip(LogIndex entry, RaftRejection reason, ReplicaId? leader) => reason == RaftRejection.InvalidChange
        ? NotSkipped($"Entry {entry} cannot be skipped by {key}: it is not a committed command that is still to be applied.")
        : Of(reason, leader);

    /// <summary>Nothing is halted, so nothing is skipped.</summary>
    public Reply SkipNotHalted(LogIndex entry) => NotSkipped(
        $"The state machine of {key} is not halted, so entry {entry} is not skipped. If another replica of {key.Group} is halted, this one has "
            + "applied what that one cannot: start a program there that can apply it.");

    /// <summary>Another entry halted the machine.</summary>
    public Reply SkipOther(LogIndex entry, LogIndex haltedAt) =>
        NotSkipped($"{key} is halted at entry {haltedAt}, not at {entry}. Only the entry that halts a group is skipped: say --entry {haltedAt}.");

    /// <summary>No entry halted the machine.</summary>
    public Reply SkipNoEntry(LogIndex entry, string cause) => NotSkipped(
        $"No entry halts {key}: {cause} Skipping entry {entry} would not help; start a program that can restore and capture its state.");

    /// <summary>What was applied may have been answered, and is in states that others hold.</summary>
    public Reply SkipApplied(LogIndex entry, LogIndex applied) => NotSkipped(
        $"{key} has applied entry {entry} before, and is at {applied}: its effects were served, so it is not skipped. "
            + "Start a program that can apply it again.");

    /// <summary>A group whose program throws on ever more entries.</summary>
    public Reply SkipTooMany() => NotSkipped(
        $"{SkippedEntries.CountMax} entries of {key.Group} were skipped, and no more are. Start a program that can apply its commands.");

    /// <summary>The decision is in the log.</summary>
    public Reply SkipUnderWay(LogIndex entry) => NoLeader(
        key.Replica,
        tick * options.ElectionTicksMin,
        $"The skip of entry {entry} of {key.Group} is under way; it is decided when a majority has it.");

    /// <summary>The machine may come through this time.</summary>
    public Reply SkipTryingAgain() => NoLeader(key.Replica, tick, $"{key} is trying again to apply the entry; ask again in a moment.");

    /// <summary>For decisions of a leader that lost leadership, or stopped.</summary>
    public Reply SkipUndecided() =>
        Reply.Unknown($"{key} stopped leading before the skip was decided; it may yet be. Ask again: what is decided stays.");

    public Reply Restoring() => NoLeader(null, tick, $"{key} is restoring its state from its log; try again in a moment.");

    public Reply MachineStuck() => NoLeader(
        null, tick * options.ElectionTicksMin, $"The state machine of {key} does not come back from a call; its leadership is handed over.");

    public Reply InboxFull() => Overloaded($"The inbox of {key} is full; wait a moment.");

    public Reply TooLarge() => Final(
        RejectionReason.TooLarge,
        $"A command has at most {options.AppendBytesMax - Entry.OverheadBytes} bytes "
            + $"({RaftOptions.SectionName}:{nameof(RaftOptions.AppendBytesMax)}).");

    /// <summary>The leader has confirmed how far the group is: whoever saw more did not see it here.</summary>
    public Reply NotReached(LogIndex wanted, LogIndex reached) => Final(
        RejectionReason.InvalidRequest, $"{key.Group} is at index {reached} and has no {wanted}; give an index that this group answered with.");

    /// <summary>The state machine's code or codec has a problem with a command.</summary>
    public static Reply Of(in CommandCheck check) => Final(check.Reason, check.Problem ?? "");

    /// <summary>The client's side may know the group's time badly, and tries again with the time that comes along with this answer.</summary>
    public static Reply Expired(LogTime deadline, LogTime now) => Reply.Rejected(
        RejectionReason.Expired,
        null,
        1,
        $"The command arrived at {now} ms of the group's time, after its deadline of {deadline} ms; send it with a later one.");

    /// <summary>For appended proposals of a leader that lost leadership.</summary>
    public Reply LostLeadership() => Reply.Unknown($"{key} stopped leading before the command was committed; repeat it under the same id.");

    /// <summary>For appended proposals of a replica that stops.</summary>
    public Reply StoppedWhileWaiting() => Reply.Unknown($"{key} stopped before the command was answered; repeat it under the same id.");

    private Reply Overloaded(string detail) => Reply.Rejected(RejectionReason.Overloaded, null, tick, detail);

    private static Reply NoLeader(ReplicaId? leader, int retryAfter, string detail) =>
        Reply.Rejected(RejectionReason.NoLeader, leader, retryAfter, detail);

    private static Reply NotSkipped(string detail) => Final(RejectionReason.InvalidRequest, detail);

    private static Reply Final(RejectionReason reason, string detail) => Reply.Rejected(reason, null, 0, detail);
}
