using Microsoft.Extensions.Logging;
using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Replicas;

/// <summary>
/// Passes on what happens to this silo's replicas: to those who watch, to the catalogue, to the alarms, and to the silo's log. Any thread.
/// </summary>
internal sealed class ReplicaNotices(
    IReplicaEvents events, CatalogueSignal catalogue, ReplicaAlarms alarms, ClockAlarms clocks, ILogger<ReplicaNotices> logger)
{
    /// <summary>A replica has opened its log.</summary>
    public void Opened(ILocalReplica replica)
    {
        alarms.Opened(replica.Key);
        Log.ReplicaOpened(logger, replica.Key, replica.Epoch);
    }

    /// <summary>A replica could not open its log.</summary>
    public void OpeningFailed(ReplicaKey replica, Exception cause) => alarms.Failed(replica, cause);

    /// <summary>A replica stopped by itself.</summary>
    public void Failed(ILocalReplica replica, Exception cause)
    {
        alarms.Failed(replica.Key, cause);
        Log.ReplicaStopped(logger, cause, replica.Key, replica.Epoch);
    }

    /// <summary>A replica has stopped, for whatever reason.</summary>
    public void Stopped(ILocalReplica replica)
    {
        alarms.Stopped(replica.Key);
        clocks.Judged(replica, []);
    }

    /// <summary>Other members' clocks than before are off; see <see cref="IReplicaHost.OnClocksJudged"/>.</summary>
    public void ClocksJudged(ILocalReplica replica, IReadOnlyList<ReplicaId> off) => clocks.Judged(replica, off);

    /// <summary>A replica that has stopped could not give back its right to speak, or close its log.</summary>
    public void ReleaseFailed(ReplicaKey replica, Exception cause) => Log.ReleaseFailed(logger, cause, replica);

    /// <summary>A state machine is halted; see <see cref="IReplicaHost.OnMachineHalted"/>.</summary>
    public void MachineHalted(ILocalReplica replica, EntryId? entry, string cause) =>
        alarms.MachineHalted(replica.Key, entry, cause, replica.Driver.IsHaltFinal);

    /// <summary>A program is too old for its group; see <see cref="IReplicaHost.OnVersionBehind"/>.</summary>
    public void VersionBehind(ILocalReplica replica, EntryId? entry, string cause) => alarms.VersionBehind(replica.Key, entry, cause);

    /// <summary>A state machine works at another version.</summary>
    public void VersionRaised(ILocalReplica replica, int version, EntryId entry)
    {
        if (IsWatched(replica))
        {
            events.OnVersionRaised(replica, version, entry);
        }
    }

    /// <summary>A state machine is halted no longer.</summary>
    public void MachineRecovered(ILocalReplica replica) => alarms.MachineRecovered(replica.Key);

    /// <summary>A comparison found states that differ; see <see cref="IReplicaHost.OnDiverged"/>.</summary>
    public void Diverged(ILocalReplica replica, string detail, string remedy) => alarms.Diverged(replica.Key, detail, remedy);

    /// <summary>A comparison found nothing of that.</summary>
    public void Agreed(ILocalReplica replica) => alarms.Agreed(replica.Key);

    /// <summary>For too long a group could not be compared, or it could; see <see cref="IReplicaHost.OnNotCompared"/>.</summary>
    public void NotCompared(ILocalReplica replica, string? detail) => alarms.NotCompared(replica.Key, detail);

    /// <summary>A state that is captured in one piece is large, or no longer; see <see cref="IReplicaHost.OnLargeCapture"/>.</summary>
    public void LargeCapture(ILocalReplica replica, long? sizeBytes)
    {
        if (!replica.IsStopped)
        {
            alarms.LargeCapture(replica.Key, sizeBytes);
        }
    }

    /// <summary>A replica has another role, term or leader.</summary>
    public void RoleChanged(ILocalReplica replica, RoleChanged change)
    {
        if (change.Role != RaftRole.Leader)
        {
            // Whoever leads compares.
            alarms.NotCompared(replica.Key, null);
        }

        if (IsWatched(replica))
        {
            events.OnRoleChanged(replica, change);
        }

        if (change.Role == RaftRole.Leader)
        {
            LearnMembers(replica);
        }
    }

    /// <summary>Another configuration is in force for a replica.</summary>
    /// <param name="replica">The replica.</param>
    /// <param name="configuration">The configuration, which is already the replica's own.</param>
    /// <param name="isFirst">Whether it is the one that the replica starts with.</param>
    public void ConfigurationChanged(ILocalReplica replica, Configuration configuration, bool isFirst)
    {
        LearnMembers(replica);
        if (IsWatched(replica) && !isFirst)
        {
            events.OnMembersChanged(replica, configuration);
        }
    }

    /// <summary>A replica took a snapshot, or installed its leader's.</summary>
    public void Snapshot(ILocalReplica replica, EntryId lastIncluded, bool isInstalled)
    {
        if (IsWatched(replica))
        {
            events.OnSnapshot(replica, lastIncluded, isInstalled);
        }
    }

    /// <summary>A replica knows that an entry of its group is never applied.</summary>
    public void EntrySkipped(ILocalReplica replica, LogIndex entry, EntryId decision)
    {
        if (IsWatched(replica))
        {
            events.OnEntrySkipped(replica, entry, decision);
        }
    }

    /// <summary>A replica sends a message, or would if no fault kept it.</summary>
    public void Sending(ILocalReplica from, ReplicaSlot to, Message message, bool isLost)
    {
        if (IsWatched(from))
        {
            events.OnMessage(from, to, message, isLost);
        }
    }

    // Who watches, watches what applications do.
    private bool IsWatched(ILocalReplica replica) => events.IsWatched && !replica.Slot.Group.IsCatalogue;

    /// <summary>A follower's word is its leader's: what it had from another is cut off before it hears more.</summary>
    private void LearnMembers(ILocalReplica replica)
    {
        var (role, configuration) = (replica.Role, replica.Configuration);
        replica.Slot.Group.Learn(configuration, role.Leader is null ? Term.Zero : role.Term);
        if (role.Role == RaftRole.Leader && configuration.Version > LogIndex.Zero)
        {
            catalogue.Nudge();
        }
    }
}
