using OrleansRaft.Core;

namespace OrleansRaft.Runtime;

/// <summary>Where a <see cref="ReplicaDriver"/> runs: a grain's turns, or the simulator's single thread.</summary>
internal interface IReplicaHost
{
    /// <summary>
    /// Arranges that <see cref="ReplicaDriver.Run"/> is called soon, on the host's own turn. Called on any thread, once until that run begins.
    /// </summary>
    void Schedule();

    /// <summary>The replica has stopped by itself, on its own turn: fenced, or impossible. It sends nothing more; the host lets it go.</summary>
    /// <param name="cause">Why.</param>
    void OnStopped(Exception cause);

    /// <summary><see cref="Storage.IReplicaLog.MaySpeak"/> may have changed. Called on any thread.</summary>
    void OnRightToSpeakChanged()
    {
    }

    /// <summary>The role, the term or the known leader changed. On the host's turn.</summary>
    void OnRoleChanged(RoleChanged change)
    {
    }

    /// <summary>The configuration that is in force: at the start, and whenever it is another, from its append on. On the host's turn.</summary>
    void OnConfigurationChanged(Configuration configuration)
    {
    }

    /// <summary>A snapshot of the replica's own state became durable, or one of its leader's was installed. On the host's turn.</summary>
    /// <param name="lastIncluded">The last entry it covers.</param>
    /// <param name="isInstalled">Whether it came from the leader.</param>
    void OnSnapshot(EntryId lastIncluded, bool isInstalled)
    {
    }

    /// <summary>
    /// A state that is captured in one piece, while the replica waits, is large from now on, or no longer: see
    /// <see cref="RaftOptions.LargeCaptureBytes"/>. On the host's turn.
    /// </summary>
    /// <param name="sizeBytes">Its size; null when it is not large.</param>
    void OnLargeCapture(long? sizeBytes)
    {
    }

    /// <summary>The replica quiesced, or is active again. On the host's turn.</summary>
    void OnQuiescenceChanged(QuiescenceChanged change)
    {
    }

    /// <summary>
    /// The replica has no vote and hears no leader, which may be quiescent without it: see <see cref="Liveness.LivenessMonitor{TSilo}.Joined"/>.
    /// On the host's turn.
    /// </summary>
    void OnLeaderSought()
    {
    }

    /// <summary>
    /// The state machine threw, and the replica goes no further; its log and vote live on. Told again after each attempt. On the host's turn.
    /// </summary>
    /// <param name="entry">On which entry; null when the machine cannot be restored or captured.</param>
    /// <param name="cause">What it threw, in a sentence.</param>
    void OnMachineHalted(EntryId? entry, string cause)
    {
    }

    /// <summary>The state machine is halted no longer. On the host's turn.</summary>
    void OnMachineRecovered()
    {
    }

    /// <summary>
    /// This program is too old for the version at which the state machine works, or cannot read an entry; the replica's log and vote live on. Told
    /// again after each attempt. On the host's turn.
    /// </summary>
    /// <param name="entry">From which entry on; null when it cannot read its snapshot.</param>
    /// <param name="cause">What is the matter, in a sentence.</param>
    void OnVersionBehind(EntryId? entry, string cause)
    {
    }

    /// <summary>The state machine works at another version: the entry that says so was applied here. On the host's turn.</summary>
    /// <param name="version">The version in force from now on.</param>
    /// <param name="entry">The entry that raised it.</param>
    void OnVersionRaised(int version, EntryId entry)
    {
    }

    /// <summary>An entry on which the state machine halted is never applied: that is committed. On the host's turn.</summary>
    /// <param name="entry">Which entry.</param>
    /// <param name="decision">The entry that decided it.</param>
    void OnEntrySkipped(LogIndex entry, EntryId decision)
    {
    }

    /// <summary>A comparison found states that differ: this replica's is wrong, or it leads and others' are. On the host's turn.</summary>
    /// <param name="detail">What differs, in a sentence.</param>
    /// <param name="remedy">What to do, in a sentence.</param>
    void OnDiverged(string detail, string remedy)
    {
    }

    /// <summary>A comparison found nothing of what <see cref="OnDiverged"/> told, if anything. On the host's turn.</summary>
    void OnAgreed()
    {
    }

    /// <summary>For too long the states of the group, which this replica leads, could not all be compared. On the host's turn.</summary>
    /// <param name="detail">Which, and why; null when they could.</param>
    void OnNotCompared(string? detail)
    {
    }

    /// <summary>
    /// Other members of the group, which this replica leads, have wall clocks that are far from most members' than before; none when it leads no
    /// longer. On the host's turn.
    /// </summary>
    /// <param name="off">Which, this one perhaps among them.</param>
    void OnClocksJudged(IReadOnlyList<ReplicaId> off)
    {
    }

    /// <summary>A call of the state machine's code does not come back, or has come back at last. Called on any thread.</summary>
    void OnMachineStuck(bool isStuck)
    {
    }
}
