using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Liveness;

/// <summary>Watches the other silos on behalf of all quiescent groups at once.</summary>
/// <remarks>
/// <para>
/// A quiescent group sends nothing, so none of its members would notice that its leader is gone, or that a member has come back. Instead every silo
/// sends heartbeats to every other, a few in the time for which it may be silent. Followers whose leader's silo falls silent, or says that the
/// leader has stopped, are unquiesced by the
/// <see cref="Orphans{TSilo}"/>; when a silo is heard again, both sides compare what is quiescent (<see cref="QuiescenceComparisons{TSilo}"/>).
/// Unquiescing for nothing is harmless: the follower asks the others, and a leader that lives answers before another is elected.
/// </para>
/// <para>
/// It has no thread and no timer of its own, and reads time from its <see cref="TimeProvider"/> only: the host calls <see cref="Beat"/>, so that
/// silos and the simulator run the same code. All methods but <see cref="Beat"/> may be called from any thread.
/// </para>
/// </remarks>
/// <typeparam name="TSilo">Names one life of a silo: a silo that restarts has another.</typeparam>
/// <param name="silos">What is known of the other silos.</param>
/// <param name="directory">What is known of replicas.</param>
/// <param name="host">The process that it runs in.</param>
/// <param name="time">The silo's clock.</param>
internal sealed class LivenessMonitor<TSilo>(
    SiloLivenessTable<TSilo> silos, ILivenessDirectory<TSilo> directory, ILivenessHost<TSilo> host, TimeProvider time)
    where TSilo : notnull, IEquatable<TSilo>
{
    // While a replica waits for its turn to elect, heartbeats are so many times as frequent.
    private const int HurriedBeats = 3;

    // Whatever orphans or silences a replica raises a flag; the round, which looks at every replica, is for what raised none.
    private static readonly TimeSpan RoundInterval = TimeSpan.FromSeconds(30);

    private readonly Orphans<TSilo> orphans = new(directory, silos, time);
    private readonly QuiescenceComparisons<TSilo> comparisons = new(directory, host, time);
    private readonly RecentReplicas stopped = new(time);
    private readonly RecentReplicas joined = new(time);
    private long? lastBeat;
    private long lastRound = time.GetTimestamp();
    private long sequence;
    private bool isAnyOrphaned;
    private bool isAnySpeechless;
    private bool isHurried;

    /// <summary>
    /// Sends heartbeats, notices which silos have fallen silent, and unquiesces what must be. By one caller at a time, at the interval that the
    /// host was given.
    /// </summary>
    public void Beat()
    {
        var now = time.GetTimestamp();
        if (lastBeat is { } last && time.GetElapsedTime(last, now) > silos.LateAfter)
        {
            OnHeldUp();
        }

        lastBeat = now;
        SendHeartbeats();
        ReviewReplicas(now);
        if (!Volatile.Read(ref isAnyOrphaned) && Interlocked.Exchange(ref isHurried, false))
        {
            host.SetHeartbeatInterval(silos.HeartbeatInterval);
        }
    }

    /// <summary>Takes a heartbeat of another silo.</summary>
    public void OnHeartbeat(TSilo from, SiloHeartbeat heartbeat)
    {
        ArgumentNullException.ThrowIfNull(heartbeat);
        if (!silos.Get(from).Hear(heartbeat))
        {
            return;
        }

        foreach (var replica in heartbeat.Stopped)
        {
            directory.Forget(replica, from);
            LookForOrphans();
        }

        foreach (var replica in heartbeat.Joined)
        {
            UnquiesceLeaderOf(replica);
        }
    }

    /// <summary>Compares another silo's claims with what is quiescent here, and unquiesces the replicas here that differ.</summary>
    /// <returns>The places of the claims that do not hold here: the answer to that silo.</returns>
    public IReadOnlyList<int> Compare(IReadOnlyList<QuiescenceClaim> claims)
    {
        ArgumentNullException.ThrowIfNull(claims);
        return comparisons.Compare(claims);
    }

    /// <summary>Takes the answer to claims that the host sent.</summary>
    /// <param name="silo">The silo that answered.</param>
    /// <param name="number">The number that the claims were sent with.</param>
    /// <param name="differing">The places of the claims that do not hold there.</param>
    public void OnCompared(TSilo silo, long number, IReadOnlyList<int> differing)
    {
        ArgumentNullException.ThrowIfNull(differing);
        comparisons.OnAnswer(silo, number, differing);
    }

    /// <summary>There will be no answer to claims that the host sent.</summary>
    public void OnComparisonFailed(TSilo silo, long number) => comparisons.OnFailed(silo, number);

    /// <summary>
    /// A replica without a vote begins to take part on this silo, or hears no leader: its leader, which may be quiescent without it, learns of that.
    /// </summary>
    public void Joined(ReplicaKey replica)
    {
        if (!joined.TryAdd(replica))
        {
            silos.InvalidateAll();
        }

        UnquiesceLeaderOf(replica);
    }

    /// <summary>A replica stopped on this silo, or can lead no more; the others learn of that with the next heartbeats.</summary>
    public void Stopped(ReplicaKey replica)
    {
        if (!stopped.TryAdd(replica))
        {
            // Too many to be named: the others must look for themselves.
            silos.InvalidateAll();
        }

        // Its followers on this silo are the first that can know.
        LookForOrphans();
    }

    /// <summary>The right to speak of a replica on this silo may have changed.</summary>
    public void OnRightToSpeakChanged(IMonitoredReplica replica)
    {
        ArgumentNullException.ThrowIfNull(replica);
        Volatile.Write(ref isAnySpeechless, true);
        if (replica is { IsRunning: true, MaySpeak: true })
        {
            // It heard nothing meanwhile, and its group may have become quiescent without it: all silos compare.
            silos.InvalidateAll();
        }
    }

    /// <summary>There may be quiescent replicas without a leader.</summary>
    public void LookForOrphans()
    {
        Volatile.Write(ref isAnyOrphaned, true);
        if (!Interlocked.Exchange(ref isHurried, true))
        {
            host.SetHeartbeatInterval(silos.HeartbeatInterval / HurriedBeats);
        }
    }

    /// <summary>Whether a replica follows a leader that is not known to live, or none.</summary>
    public bool IsOrphan(IMonitoredReplica replica)
    {
        ArgumentNullException.ThrowIfNull(replica);
        return orphans.IsOrphan(replica);
    }

    /// <summary>
    /// To be called before a replica is given a message or a request: if its leader is out of sight, its quiescence ends at once, whatever the
    /// limit on elections, so that it does not answer for a leader that it should no longer count on.
    /// </summary>
    public void UnquiesceIfOrphaned(IMonitoredReplica replica)
    {
        ArgumentNullException.ThrowIfNull(replica);
        if (replica.Quiescence is not null && orphans.IsOrphan(replica))
        {
            replica.Unquiesce(isLeaderLost: true);
        }
    }

    /// <summary>Forgets a silo that is dead.</summary>
    public void Forget(TSilo silo)
    {
        silos.Forget(silo);
        comparisons.Forget(silo);
        LookForOrphans();
    }

    /// <summary>
    /// What the others said meanwhile may still wait to be taken; but they may have given this silo up, and their groups gone on without it.
    /// </summary>
    private void OnHeldUp()
    {
        silos.ExtendDeadlines();
        silos.InvalidateAll();
    }

    private void SendHeartbeats()
    {
        var (stoppedNow, joinedNow) = (stopped.List(), joined.List());
        foreach (var peer in host.Peers)
        {
            var liveness = silos.Get(peer);
            if (liveness.Review())
            {
                LookForOrphans();
            }

            host.SendHeartbeat(peer, new SiloHeartbeat(++sequence, liveness.Session, stoppedNow, joinedNow));
            comparisons.Review(peer, liveness);
        }
    }

    private void ReviewReplicas(long now)
    {
        var isRound = time.GetElapsedTime(lastRound, now) > RoundInterval;
        if (isRound)
        {
            lastRound = now;
        }

        if (Interlocked.Exchange(ref isAnySpeechless, false) | isRound)
        {
            NameSpeechless();
        }

        if ((Interlocked.Exchange(ref isAnyOrphaned, false) | isRound) && orphans.Unquiesce())
        {
            LookForOrphans();
        }
    }

    /// <summary>
    /// Heartbeats vouch for quiescent leaders; but a leader that may not speak leads nobody, as its followers would notice if they were active.
    /// </summary>
    private void NameSpeechless()
    {
        foreach (var replica in directory.Replicas)
        {
            if (replica is { Quiescence: not null, Role.Role: RaftRole.Leader, MaySpeak: false })
            {
                Stopped(replica.Key);
            }
        }
    }

    private void UnquiesceLeaderOf(ReplicaKey newcomer)
    {
        foreach (var replica in directory.ReplicasOf(newcomer.Group))
        {
            if (replica is { IsRunning: true, Role.Role: RaftRole.Leader })
            {
                replica.Unquiesce(isLeaderLost: false);
            }
        }
    }
}
