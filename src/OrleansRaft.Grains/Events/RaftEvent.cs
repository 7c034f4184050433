using OrleansRaft.Core;

namespace OrleansRaft.Grains.Events;

/// <summary>Something that happened, and when and where it was seen.</summary>
/// <param name="Time">When, in Unix milliseconds of the silo that saw it.</param>
/// <param name="Silo">The name of that silo.</param>
/// <param name="Event">What happened.</param>
[GenerateSerializer, Immutable, Alias("raft-seen-event")]
internal sealed record SeenEvent([property: Id(0)] long Time, [property: Id(1)] string Silo, [property: Id(2)] RaftEvent Event);

/// <summary>Something that happened in the cluster, to be read and drawn.</summary>
[GenerateSerializer, Immutable]
internal abstract record RaftEvent
{
    /// <summary>The group that must be in a reader's focus for the reader to see the event; null for an event that everybody sees.</summary>
    public virtual string? OnlyInFocus => null;
}

/// <summary>A replica's role, term or known leader changed.</summary>
/// <param name="Group">Its group.</param>
/// <param name="Replica">Which replica.</param>
/// <param name="Role">The role now.</param>
/// <param name="IsLearner">Whether it has no vote.</param>
/// <param name="Term">The term now.</param>
/// <param name="Leader">The leader it knows; 0 for none.</param>
/// <param name="Votes">Of a new leader, how many voted for it; otherwise 0.</param>
/// <param name="Voters">Of a new leader, how many could; otherwise 0.</param>
[GenerateSerializer, Immutable, Alias("raft-event-role")]
internal sealed record RoleEvent(
    [property: Id(0)] string Group,
    [property: Id(1)] long Replica,
    [property: Id(2)] RaftRole Role,
    [property: Id(3)] bool IsLearner,
    [property: Id(4)] long Term,
    [property: Id(5)] long Leader,
    [property: Id(6)] int Votes,
    [property: Id(7)] int Voters) : RaftEvent;

/// <summary>A replica answered a RequestVote (§5.2).</summary>
/// <param name="Group">Its group.</param>
/// <param name="Replica">Who answered.</param>
/// <param name="Candidate">Who asked.</param>
/// <param name="Term">The answering replica's term.</param>
/// <param name="IsGranted">Whether it votes for the candidate.</param>
[GenerateSerializer, Immutable, Alias("raft-event-vote")]
internal sealed record VoteEvent(
    [property: Id(0)] string Group,
    [property: Id(1)] long Replica,
    [property: Id(2)] long Candidate,
    [property: Id(3)] long Term,
    [property: Id(4)] bool IsGranted) : RaftEvent;

/// <summary>A replica sent a message.</summary>
/// <param name="Group">Its group.</param>
/// <param name="From">Who sent it.</param>
/// <param name="To">To whom.</param>
/// <param name="Kind">What it is, in the words of <see cref="Runtime.Diagnostics.MessageSummary"/>.</param>
/// <param name="Term">Its term.</param>
/// <param name="Index">Its last entry: sent, matched, or the end of the sender's log.</param>
/// <param name="Entries">How many entries it carries.</param>
/// <param name="IsRejected">Whether it refuses what was asked.</param>
/// <param name="IsLost">Whether a fault keeps it from arriving.</param>
[GenerateSerializer, Immutable, Alias("raft-event-message")]
internal sealed record MessageEvent(
    [property: Id(0)] string Group,
    [property: Id(1)] long From,
    [property: Id(2)] long To,
    [property: Id(3)] string Kind,
    [property: Id(4)] long Term,
    [property: Id(5)] long Index,
    [property: Id(6)] int Entries,
    [property: Id(7)] bool IsRejected,
    [property: Id(8)] bool IsLost) : RaftEvent
{
    /// <inheritdoc/>
    public override string OnlyInFocus => Group;
}

/// <summary>A replica of a group in focus, as it is now.</summary>
/// <param name="Group">Its group.</param>
/// <param name="Replica">Which replica.</param>
/// <param name="Role">Its role.</param>
/// <param name="IsLearner">Whether it has no vote.</param>
/// <param name="Term">Its term.</param>
/// <param name="LastIndex">The end of its log.</param>
/// <param name="CommitIndex">The last entry it knows to be committed.</param>
/// <param name="AppliedIndex">The last entry its state machine holds.</param>
/// <param name="SnapshotIndex">The last entry of its newest snapshot.</param>
/// <param name="ElectionTicks">Ticks since its election timer was reset.</param>
/// <param name="ElectionTimeoutTicks">The election timeout that is running.</param>
/// <param name="Progress">What a leader knows of the others; empty elsewhere.</param>
/// <param name="IsQuiescent">Whether its group is idle and quiescent: no heartbeats, no election timer.</param>
/// <param name="LastTerm">
/// The term of the entry at the end of its log: where the leader's entry there has another, the two logs differ (§5.3).
/// </param>
[GenerateSerializer, Immutable, Alias("raft-event-replica")]
internal sealed record ReplicaEvent(
    [property: Id(0)] string Group,
    [property: Id(1)] long Replica,
    [property: Id(2)] RaftRole Role,
    [property: Id(3)] bool IsLearner,
    [property: Id(4)] long Term,
    [property: Id(5)] long LastIndex,
    [property: Id(6)] long CommitIndex,
    [property: Id(7)] long AppliedIndex,
    [property: Id(8)] long SnapshotIndex,
    [property: Id(9)] int ElectionTicks,
    [property: Id(10)] int ElectionTimeoutTicks,
    [property: Id(11)] FollowerProgress[] Progress,
    [property: Id(12)] bool IsQuiescent,
    [property: Id(13)] long LastTerm) : RaftEvent
{
    /// <inheritdoc/>
    public override string OnlyInFocus => Group;
}

/// <summary>What a leader knows of one follower.</summary>
/// <param name="Replica">Which.</param>
/// <param name="State">How the leader sends to it.</param>
/// <param name="MatchIndex">The last entry known to be durable there.</param>
/// <param name="NextIndex">The next entry to send.</param>
/// <param name="SentBytes">How many bytes of a snapshot it has acknowledged, while it receives one.</param>
/// <param name="SizeBytes">How many bytes that snapshot has; 0 for none.</param>
[GenerateSerializer, Immutable, Alias("raft-follower-progress")]
internal readonly record struct FollowerProgress(
    [property: Id(0)] long Replica,
    [property: Id(1)] ProgressState State,
    [property: Id(2)] long MatchIndex,
    [property: Id(3)] long NextIndex,
    [property: Id(4)] long SentBytes = 0,
    [property: Id(5)] long SizeBytes = 0);

/// <summary>A leader committed; what it committed within a moment is one event.</summary>
/// <param name="Group">Its group.</param>
/// <param name="Replica">The leader.</param>
/// <param name="Index">The commit index now.</param>
/// <param name="Entries">By how much it grew.</param>
[GenerateSerializer, Immutable, Alias("raft-event-commit")]
internal sealed record CommitEvent(
    [property: Id(0)] string Group, [property: Id(1)] long Replica, [property: Id(2)] long Index, [property: Id(3)] long Entries) : RaftEvent;

/// <summary>A replica's snapshot became durable, or it installed its leader's (§7).</summary>
/// <param name="Group">Its group.</param>
/// <param name="Replica">Which replica.</param>
/// <param name="Index">The last entry of the snapshot.</param>
/// <param name="IsInstalled">Whether it is the leader's.</param>
[GenerateSerializer, Immutable, Alias("raft-event-snapshot")]
internal sealed record SnapshotEvent(
    [property: Id(0)] string Group, [property: Id(1)] long Replica, [property: Id(2)] long Index, [property: Id(3)] bool IsInstalled) : RaftEvent;

/// <summary>Another configuration is in force at a replica (§6).</summary>
/// <param name="Group">Its group.</param>
/// <param name="Replica">Which replica.</param>
/// <param name="Version">The configuration's version.</param>
/// <param name="Voters">Who votes.</param>
/// <param name="Learners">Who only listens.</param>
/// <param name="IsJoint">Whether an older set of voters counts as well.</param>
[GenerateSerializer, Immutable, Alias("raft-event-membership")]
internal sealed record MembershipEvent(
    [property: Id(0)] string Group,
    [property: Id(1)] long Replica,
    [property: Id(2)] long Version,
    [property: Id(3)] long[] Voters,
    [property: Id(4)] long[] Learners,
    [property: Id(5)] bool IsJoint) : RaftEvent;

/// <summary>A replica knows that an entry on which its group's state machine halted is never applied, by decision of an operator.</summary>
/// <param name="Group">Its group.</param>
/// <param name="Replica">Which replica.</param>
/// <param name="Index">The entry that is skipped.</param>
/// <param name="Decision">The entry that decided it.</param>
[GenerateSerializer, Immutable, Alias("raft-event-skip")]
internal sealed record SkipEvent(
    [property: Id(0)] string Group, [property: Id(1)] long Replica, [property: Id(2)] long Index, [property: Id(3)] long Decision) : RaftEvent;

/// <summary>A replica's state machine works at another version from an entry on.</summary>
/// <param name="Group">Its group.</param>
/// <param name="Replica">Which replica.</param>
/// <param name="Version">The version in force from there on.</param>
/// <param name="Index">The entry that raised it.</param>
[GenerateSerializer, Immutable, Alias("raft-event-version")]
internal sealed record VersionEvent(
    [property: Id(0)] string Group, [property: Id(1)] long Replica, [property: Id(2)] int Version, [property: Id(3)] long Index) : RaftEvent;

/// <summary>Another silo has acknowledged no messages for about a second, or acknowledges them again.</summary>
/// <param name="From">The sending silo.</param>
/// <param name="To">The other silo.</param>
/// <param name="IsBroken">Whether none is acknowledged.</param>
[GenerateSerializer, Immutable, Alias("raft-event-lane")]
internal sealed record LaneEvent([property: Id(0)] string From, [property: Id(1)] string To, [property: Id(2)] bool IsBroken) : RaftEvent;

/// <summary>The membership of the cluster changed.</summary>
/// <param name="Name">The name of the silo that joined, stopped or died.</param>
/// <param name="Status">Its status, in Orleans' words and small letters.</param>
[GenerateSerializer, Immutable, Alias("raft-event-silo")]
internal sealed record SiloEvent([property: Id(0)] string Name, [property: Id(1)] string Status) : RaftEvent;

/// <summary>More happened within a second than is shown.</summary>
/// <param name="Group">The group in focus whose messages these are; null for commits.</param>
/// <param name="Shown">How many events were shown.</param>
/// <param name="LeftOut">How many were not.</param>
[GenerateSerializer, Immutable, Alias("raft-event-sampled")]
internal sealed record SampledEvent([property: Id(0)] string? Group, [property: Id(1)] long Shown, [property: Id(2)] long LeftOut) : RaftEvent
{
    /// <inheritdoc/>
    public override string? OnlyInFocus => Group;
}
