using Microsoft.Extensions.Logging;
using OrleansRaft.Core;

namespace OrleansRaft.Runtime;

/// <summary>Every message this project logs. Event ids are public: never reuse or renumber one.</summary>
internal static partial class Log
{
    [LoggerMessage(1000, LogLevel.Debug, "{Replica} started from snapshot {Snapshot} with {Entries} entries after it, in epoch {Epoch}")]
    public static partial void Started(ILogger logger, ReplicaKey replica, EntryId snapshot, int entries, long epoch);

    [LoggerMessage(1001, LogLevel.Information, "{Replica} became leader in term {Term} with {Votes} of {Voters} votes")]
    public static partial void BecameLeader(ILogger logger, ReplicaKey replica, Term term, int votes, int voters);

    [LoggerMessage(1002, LogLevel.Information, "{Replica} no longer leads; the term is {Term} and the leader is {Leader}")]
    public static partial void LostLeadership(ILogger logger, ReplicaKey replica, Term term, string leader);

    [LoggerMessage(1003, LogLevel.Debug, "{Replica} is {Role} in term {Term}; the leader is {Leader}")]
    public static partial void RoleChanged(ILogger logger, ReplicaKey replica, RaftRole role, Term term, ReplicaId? leader);

    [LoggerMessage(1004, LogLevel.Information, "{Replica} follows configuration {Configuration}")]
    public static partial void ConfigurationChanged(ILogger logger, ReplicaKey replica, Configuration configuration);

    [LoggerMessage(1005, LogLevel.Debug, "{Replica} took a snapshot at {Entry} of {Bytes} bytes in {Milliseconds} ms")]
    public static partial void SnapshotCaptured(ILogger logger, ReplicaKey replica, EntryId entry, long bytes, double milliseconds);

    [LoggerMessage(1006, LogLevel.Information, "{Replica} restored a snapshot at {Entry} of {Bytes} bytes from its leader")]
    public static partial void SnapshotRestored(ILogger logger, ReplicaKey replica, EntryId entry, long bytes);

    [LoggerMessage(1007, LogLevel.Information, "{Replica} was taken over by another activation and stopped here; nothing is to be done")]
    public static partial void Fenced(ILogger logger, ReplicaKey replica);

    [LoggerMessage(
        1008,
        LogLevel.Error,
        "{Replica} stopped because its log can do no more ({Reason}); its group goes on with the others. Mend the store, or replace the replica as a "
            + "member")]
    public static partial void LogFailed(ILogger logger, Exception cause, ReplicaKey replica, Storage.LogStopReason reason);

    [LoggerMessage(
        1009,
        LogLevel.Critical,
        "{Replica} found itself impossible and stopped; its group goes on with the others. It starts again from its store; if it stops again, "
            + "replace it as a member and report this")]
    public static partial void Failed(ILogger logger, Exception cause, ReplicaKey replica);

    [LoggerMessage(1010, LogLevel.Information, "{Replica} replicates other limits on sessions: {Limits}")]
    public static partial void LimitsProposed(ILogger logger, ReplicaKey replica, Sessions.SessionLimits limits);

    [LoggerMessage(1011, LogLevel.Debug, "{Replica} stopped")]
    public static partial void Stopped(ILogger logger, ReplicaKey replica);

    [LoggerMessage(
        1012,
        LogLevel.Warning,
        "The state machine of {Replica} threw at {Entry}; its state is restored from the last snapshot, and the log applied again")]
    public static partial void MachineThrew(ILogger logger, Exception cause, ReplicaKey replica, EntryId entry);

    [LoggerMessage(1013, LogLevel.Information, "The state of {Replica} was restored through {Entry}; nothing threw this time")]
    public static partial void MachineRebuilt(ILogger logger, ReplicaKey replica, EntryId entry);

    [LoggerMessage(
        1014,
        LogLevel.Error,
        "The state machine of {Replica} is halted at {Entry}: {Cause} Its log and vote live on. It tries again now and then; start a program that "
            + "can apply the entry")]
    public static partial void MachineHalted(ILogger logger, ReplicaKey replica, EntryId? entry, string cause);

    [LoggerMessage(
        1019,
        LogLevel.Error,
        "The program of {Replica} is behind, at {Entry}: {Cause} Its log and vote live on. Start a program on its silo that is as new as the "
            + "others'")]
    public static partial void VersionBehind(ILogger logger, ReplicaKey replica, EntryId? entry, string cause);

    [LoggerMessage(1020, LogLevel.Information, "The state machine of {Replica} works at version {Version} from {Entry} on")]
    public static partial void VersionRaised(ILogger logger, ReplicaKey replica, int version, EntryId entry);

    [LoggerMessage(1015, LogLevel.Error, "The state machine of {Replica} has not come back from a call for {Time}; {Stuck} threads hang like this")]
    public static partial void MachineStuck(ILogger logger, ReplicaKey replica, TimeSpan time, int stuck);

    [LoggerMessage(1017, LogLevel.Warning, "{Replica} knows that entry {Entry} was skipped, by the decision at {Decision}: it is never applied")]
    public static partial void EntrySkipped(ILogger logger, ReplicaKey replica, LogIndex entry, EntryId decision);

    [LoggerMessage(
        1018,
        LogLevel.Warning,
        "{Replica} discards its state through {Applied}, which holds entry {Entry}: that was skipped. What it made of the entry is lost")]
    public static partial void StateDiscarded(ILogger logger, ReplicaKey replica, LogIndex applied, LogIndex entry);

    [LoggerMessage(1040, LogLevel.Debug, "{Replica} found at {Entry} that all replicas hold the same state")]
    public static partial void StatesEqual(ILogger logger, ReplicaKey replica, EntryId entry);

    [LoggerMessage(1041, LogLevel.Information, "{Replica} could not compare all states at {Entry}: {Detail}")]
    public static partial void NotCompared(ILogger logger, ReplicaKey replica, EntryId entry, string detail);

    [LoggerMessage(1042, LogLevel.Error, "{Replica} found at {Entry} that states differ: {Detail}")]
    public static partial void StatesDiffer(ILogger logger, ReplicaKey replica, EntryId entry, string detail);

    [LoggerMessage(
        1043,
        LogLevel.Error,
        "The state of {Replica} at {Entry} is not what a majority holds (time {Times} since it started here); it is discarded. The first time, its "
            + "leader's takes its place")]
    public static partial void StateWrong(ILogger logger, ReplicaKey replica, EntryId entry, int times);

    [LoggerMessage(1016, LogLevel.Information, "The state machine of {Replica} has come back")]
    public static partial void MachineCameBack(ILogger logger, ReplicaKey replica);

    [LoggerMessage(
        1019,
        LogLevel.Warning,
        "The state of {Replica} has {Bytes} bytes, and is captured in one piece: its group waits for each snapshot. Let its state machine implement "
            + "IViewStateMachine, whose snapshots are written as a stream")]
    public static partial void LargeCapture(ILogger logger, ReplicaKey replica, long bytes);
}
