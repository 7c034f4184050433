using Microsoft.Extensions.Logging;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains;

/// <summary>Every message this project logs. Event ids are public: never reuse or renumber one.</summary>
internal static partial class Log
{
    [LoggerMessage(3001, LogLevel.Information, "Opened {Replica} under epoch {Epoch}")]
    public static partial void ReplicaOpened(ILogger logger, ReplicaKey replica, long epoch);

    [LoggerMessage(3002, LogLevel.Warning, "{Replica} under epoch {Epoch} stopped by itself; another activation takes its place")]
    public static partial void ReplicaStopped(ILogger logger, Exception cause, ReplicaKey replica, long epoch);

    [LoggerMessage(3003, LogLevel.Warning, "{Replica} could not give back its right to speak; its successor waits until the right has run out")]
    public static partial void ReleaseFailed(ILogger logger, Exception cause, ReplicaKey replica);

    [LoggerMessage(EventId = 3004, Message = "{Replica} could not be started on {Silo}; trying again in {Delay}")]
    public static partial void ActivationFailed(ILogger logger, LogLevel level, Exception cause, ReplicaKey replica, string silo, TimeSpan delay);

    [LoggerMessage(3005, LogLevel.Information, "Moving {Replica} from {From} to {To}, so that no silo holds two replicas of its group")]
    public static partial void Moving(ILogger logger, ReplicaKey replica, string from, string to);

    [LoggerMessage(3006, LogLevel.Warning, "{Replica} could not be moved from {From} to {To}; it is tried again later")]
    public static partial void MoveFailed(ILogger logger, Exception? cause, ReplicaKey replica, string from, string to);

    [LoggerMessage(3007, LogLevel.Error, "A sweep over the replicas of the cluster failed; it is repeated in {Delay}")]
    public static partial void SweepFailed(ILogger logger, Exception cause, TimeSpan delay);

    [LoggerMessage(
        3008,
        LogLevel.Critical,
        "This silo was declared dead: {Replicas} replicas stop at once. Start it again; if another was started on its address and port, give one of "
            + "them ports of its own")]
    public static partial void DeclaredDead(ILogger logger, int replicas);

    [LoggerMessage(3009, LogLevel.Information, "Cluster {Cluster}: {Sets} sets with {Groups} groups")]
    public static partial void ClusterRead(ILogger logger, string cluster, int sets, int groups);

    [LoggerMessage(3010, LogLevel.Information, "Handed over {Groups} leaderships in {Duration}; {Left} groups are still led from here")]
    public static partial void HandedOver(ILogger logger, int groups, TimeSpan duration, int left);

    [LoggerMessage(
        3011,
        LogLevel.Warning,
        "{Frames} message(s) in a batch of {Bytes} bytes from {Silo} cannot be read or handed over; their senders learn that they are lost. If this "
            + "continues, check whether both silos run the same version")]
    public static partial void FramesUnreadable(ILogger logger, Exception cause, int frames, int bytes, SiloAddress silo);

    [LoggerMessage(3012, LogLevel.Warning, "The store is not available yet: {Reason} Trying again in {Delay}")]
    public static partial void StoreUnavailable(ILogger logger, Exception cause, string reason, TimeSpan delay);

    [LoggerMessage(3013, LogLevel.Debug, "{Silo} did not say which replicas it hosts")]
    public static partial void SiloSilent(ILogger logger, Exception cause, SiloAddress silo);

    [LoggerMessage(3014, LogLevel.Debug, "A heartbeat to {Silo} could not be sent")]
    public static partial void HeartbeatLost(ILogger logger, Exception cause, SiloAddress silo);

    [LoggerMessage(
        3016,
        LogLevel.Debug,
        "{Leader} on {Silo} handed its leadership to replica {Successor}, so that leaders are spread over the silos")]
    public static partial void Balanced(ILogger logger, ReplicaKey leader, string silo, OrleansRaft.ReplicaId successor);

    [LoggerMessage(3017, LogLevel.Debug, "{Leader} did not hand its leadership to replica {Successor}; it is tried again later")]
    public static partial void BalanceFailed(ILogger logger, Exception cause, ReplicaKey leader, OrleansRaft.ReplicaId successor);

    [LoggerMessage(3015, LogLevel.Debug, "What is quiescent here could not be compared with {Silo}; it is tried again in a second")]
    public static partial void ComparisonFailed(ILogger logger, Exception cause, SiloAddress silo);

    [LoggerMessage(
        3059,
        LogLevel.Warning,
        "Nobody listens at the silo port of {Silo} any more: {Replicas} replicas here that followed a leader there elect another now")]
    public static partial void SiloGone(ILogger logger, string silo, int replicas);

    [LoggerMessage(
        3018,
        LogLevel.Error,
        "Fault {Fault} could not be healed whole on this silo when its time was over: {What} Restart the silo if it still suffers")]
    public static partial void HealFailed(ILogger logger, Exception cause, string fault, string what);

    [LoggerMessage(3019, LogLevel.Debug, "All {Replicas} replicas here are quiescent: memory was given back, {After} MB of {Before} MB are left")]
    public static partial void MemoryTrimmed(ILogger logger, int replicas, long before, long after);

    [LoggerMessage(3020, LogLevel.Information, "The catalogue adds the set '{Set}': {Groups} group(s) of {Replicas}")]
    public static partial void SetLearnt(ILogger logger, string set, int groups, int replicas);

    [LoggerMessage(3021, LogLevel.Warning, "A set of groups waits to be added: {Obstacle}")]
    public static partial void SetWaits(ILogger logger, string obstacle);

    [LoggerMessage(
        3022,
        LogLevel.Error,
        "This cluster has a set '{Set}' of {Groups} group(s) of {Replicas} that this silo cannot run: configure it with AddRaftStateMachine as the "
            + "other silos, and restart it")]
    public static partial void SetNotOffered(ILogger logger, string set, int groups, int replicas);

    [LoggerMessage(
        3023,
        LogLevel.Critical,
        "The set '{Set}' of this cluster has {Groups} group(s) of {Replicas}, but this silo is configured with {WantedGroups} of {WantedReplicas}, "
            + "and stops: configure it as the cluster is; these numbers cannot change afterwards")]
    public static partial void SetIsOtherwise(ILogger logger, string set, int groups, int replicas, int wantedGroups, int wantedReplicas);

    [LoggerMessage(3024, LogLevel.Warning, "The catalogue could not be looked at or written to; trying again in {Delay}. Groups serve without it")]
    public static partial void CatalogueLookFailed(ILogger logger, Exception cause, TimeSpan delay);

    [LoggerMessage(
        3025,
        LogLevel.Warning,
        "The process of {Silo} ended uncleanly twice within {Minutes} minutes. It starts carefully: it applies what its logs hold for one replica at "
        + "a time, to find an entry that ends the process")]
    public static partial void StartsCarefully(ILogger logger, string silo, double minutes);

    [LoggerMessage(3026, LogLevel.Information, "{Silo} has applied what the logs of its replicas hold, and goes on as usual")]
    public static partial void StartedCarefully(ILogger logger, string silo);

    [LoggerMessage(
        3027,
        LogLevel.Warning,
        "The store could not record that {Silo} ended gracefully: if that happens twice in a short time, it starts carefully")]
    public static partial void EndNotNoted(ILogger logger, Exception cause, string silo);

    [LoggerMessage(
        3028, LogLevel.Error, "A turn of a replica threw, and the other replicas of its worker go on. Restart the silo, and report this as a bug")]
    public static partial void TurnFailed(ILogger logger, Exception cause);

    [LoggerMessage(
        3030,
        LogLevel.Warning,
        "A state machine of the set '{Set}' failed when it was disposed after its replica had ended; correct its Dispose or DisposeAsync. The group "
            + "is not affected")]
    public static partial void DisposalFailed(ILogger logger, Exception cause, string set);

    [LoggerMessage(
        3040,
        LogLevel.Warning,
        "The state machine {Machine} of the set '{Set}' is tried out before this silo starts, and {Step} has not come back: this silo has been "
        + "waiting for {Duration}. Find out what it waits for")]
    public static partial void TrialWaits(ILogger logger, string machine, string set, string step, TimeSpan duration);

    [LoggerMessage(
        3041,
        LogLevel.Warning,
        "A state machine of the set '{Set}' is not disposed {Patience} after its replica had ended, and is no longer waited for; correct its Dispose "
        + "or DisposeAsync. The group is not affected")]
    public static partial void DisposalWaits(ILogger logger, string set, TimeSpan patience);

    [LoggerMessage(3050, LogLevel.Information, "This silo has to leave the cluster for good (`oraft silo decommission`): it stops gracefully")]
    public static partial void Decommissioned(ILogger logger);

    [LoggerMessage(3057, LogLevel.Information, "Backup {Backup} was written: {Bytes} bytes of states in {Seconds:0.0} s")]
    public static partial void BackupMade(ILogger logger, Guid backup, long bytes, double seconds);

    [LoggerMessage(3051, LogLevel.Error, "Backup {Backup} could not be completed, since {Group} did not give its state: {Reason} Take another one")]
    public static partial void BackupFailed(ILogger logger, Guid backup, string group, string reason);

    [LoggerMessage(
        3052,
        LogLevel.Warning,
        "{Group} goes on from replica {Survivor} alone, as incarnation {Incarnation}, since it had lost its majority: its other replicas never take "
        + "part again")]
    public static partial void GroupRecovered(ILogger logger, string group, long survivor, int incarnation);

    [LoggerMessage(3053, LogLevel.Debug, "The store did not say which groups went on without their majorities; what is known of them holds")]
    public static partial void FencesNotRead(ILogger logger, Exception cause);

    [LoggerMessage(3054, LogLevel.Error, "What {Replica} has stored is damaged, though it runs: {Detail}")]
    public static partial void StoredDamage(ILogger logger, ReplicaKey replica, string detail);

    [LoggerMessage(
        3055,
        LogLevel.Warning,
        "What was damaged of {Replica} is mended: its group's replicas hold the same state, and it has written its own anew. See to the disk. It "
        + "was: {Detail}")]
    public static partial void DamageMended(ILogger logger, ReplicaKey replica, string detail);

    [LoggerMessage(3056, LogLevel.Debug, "What a replica has stored could not be read and checked; it is tried again")]
    public static partial void ScrubFailed(ILogger logger, Exception cause);

    [LoggerMessage(3042, LogLevel.Information, "The cluster works at feature level {Level} from now on")]
    public static partial void LevelRaised(ILogger logger, int level);

    [LoggerMessage(3043, LogLevel.Warning, "The feature level of the cluster could not be looked at; it is tried again in {Delay}")]
    public static partial void LevelLookFailed(ILogger logger, Exception exception, TimeSpan delay);

    [LoggerMessage(3044, LogLevel.Critical, "The silo {Silo} ends, because the cluster went over to a feature level without it: {Reason}")]
    public static partial void LevelLeftBehind(ILogger logger, string silo, string reason);

    [LoggerMessage(
        3045,
        LogLevel.Warning,
        "The store did not take note that the silo {Silo} leaves for good; the next feature level waits for it until `oraft cluster finalize "
            + "--without {Silo}`")]
    public static partial void LeaveNotNoted(ILogger logger, Exception exception, string silo);

    [LoggerMessage(3058, LogLevel.Information, "The catalogue says that the set '{Set}' was deleted: its groups are gone")]
    public static partial void SetDeleted(ILogger logger, string set);

    [LoggerMessage(3059, LogLevel.Warning, "The silos differ in their replicated grains: {Gap}")]
    public static partial void SetGap(ILogger logger, string gap);
}
