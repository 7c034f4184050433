using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Liveness;

/// <summary>Watches the other silos on behalf of all sleeping groups at once.</summary>
/// <remarks>
/// A quiesced group sends nothing, so nobody in it would notice that its leader is gone, or that a member has come back. Instead every silo beats to every other
/// a few times in the time for which it may be silent. Followers whose leader's silo falls silent, or says that the leader is gone, are woken by the <see cref="Orphans"/>; when a silo
/// is heard again, both sides compare what sleeps (<see cref="SleepChecks"/>). Waking for nothing is harmless: the follower asks around, and the leader, if it lives,
/// answers before anybody is elected.
/// </remarks>
internal sealed class LivenessMonitor(
    GroupTable groups,
    ClusterMembership silos,
    SiloLivenessTable contracts,
    SleepChecks checks,
    Orphans orphans,
    MemoryTrim memory,
    LaneClient client,
    LaneMetrics metrics,
    LinkFaults faults,
    ILocalSiloDetails self,
    TimeProvider time,
    ILogger<LivenessMonitor> logger)
    : IDisposable
{
    // While somebody waits for a turn to elect, beats come so many times as often.
    private const int HurriedBeats = 3;
    private static readonly TimeSpan RoundInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ComparisonPause = TimeSpan.FromSeconds(1);

    private readonly RecentNames gone = new(time);
    private readonly RecentNames came = new(time);
    private readonly ConcurrentDictionary<SiloAddress, bool> comparing = new();
    private readonly PeriodicTimer timer = new(contracts.BeatInterval, time);
    private readonly CancellationTokenSource stopping = new();
    private Task loop = Task.CompletedTask;
    private long sequence;
    private long lastRound = time.GetTimestamp();
    private bool isSomebodyOrphaned;
    private bool isSomebodySpeechless;
    private bool isHurried;

    /// <summary>Begins to watch.</summary>
    public void Start() => loop = Task.Run(RunAsync);

    /// <summary>Takes a beat of another silo: it lives, and whoever sleeps under one of those who are gone is woken. Any thread.</summary>
    public void Heard(SiloAddress silo, SiloHeartbeat beat)
    {
        if (!contracts.Get(silo).Hear(beat))
        {
            return;
        }

        foreach (var name in beat.Gone)
        {
            groups.Find(name.Group)?.Find(new ReplicaId(name.Replica))?.Forget(silo);
            LookForOrphans();
        }

        foreach (var name in beat.Came)
        {
            WakeLeaderFor(name);
        }
    }

    /// <summary>A replica without a vote begins to take part on this silo: its leader, which may sleep without it, is told with the next beats. Any thread.</summary>
    public void Came(ReplicaKey replica)
    {
        var name = new ReplicaName(replica.Group, replica.Replica.Value);
        if (!came.TryAdd(name))
        {
            contracts.DoubtAll();
        }

        WakeLeaderFor(name);
    }

    /// <summary>A replica stopped on this silo, or can lead no more; the others are told with the next beats. Any thread.</summary>
    public void Gone(ReplicaKey replica)
    {
        if (!gone.TryAdd(new ReplicaName(replica.Group, replica.Replica.Value)))
        {
            // Too many to be named: the others must look for themselves.
            contracts.DoubtAll();
        }

        // Those who slept under it here are the first to know.
        LookForOrphans();
    }

    /// <summary>There may be sleepers without a leader. Any thread.</summary>
    public void LookForOrphans()
    {
        Volatile.Write(ref isSomebodyOrphaned, true);
        if (!stopping.IsCancellationRequested && !Interlocked.Exchange(ref isHurried, true))
        {
            timer.Period = contracts.BeatInterval / HurriedBeats;
        }
    }

    /// <summary>
    /// Replicas here may speak again that took part before. They heard nothing meanwhile, and their groups may have fallen asleep without them: all
    /// silos compare what sleeps. Any thread.
    /// </summary>
    public void HearsAgain() => contracts.DoubtAll();

    /// <summary>There may be sleeping leaders without the right to speak. Any thread.</summary>
    public void LookForSpeechless() => Volatile.Write(ref isSomebodySpeechless, true);

    /// <summary>Forgets a silo that is dead.</summary>
    public void Forget(SiloAddress silo)
    {
        contracts.Forget(silo);
        LookForOrphans();
    }

    /// <summary>Watches no more.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        await loop;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        timer.Dispose();
        stopping.Dispose();
    }

    private async Task RunAsync()
    {
        var last = time.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(stopping.Token))
            {
                var isLate = time.GetElapsedTime(last) > contracts.LateAfter;
                last = time.GetTimestamp();
                if (isLate)
                {
                    contracts.GiveTime();
                    contracts.DoubtAll();
                }

                Beat();
                WakeOrphans();
                if (!Volatile.Read(ref isSomebodyOrphaned) && Interlocked.Exchange(ref isHurried, false))
                {
                    timer.Period = contracts.BeatInterval;
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
    }

    private void Beat()
    {
        var (goneNames, cameNames) = (gone.List(), came.List());
        foreach (var place in silos.Active)
        {
            if (place.Address.Equals(self.SiloAddress))
            {
                continue;
            }

            var contract = contracts.Get(place.Address);
            if (contract.Review())
            {
                LookForOrphans();
            }

            if (!faults.IsCut(place.Address))
            {
                BeatAsync(place.Address, new SiloHeartbeat(++sequence, contract.Session, goneNames, cameNames)).Ignore();
            }

            if (contract.NeedsComparison && comparing.TryAdd(place.Address, true))
            {
                CompareAsync(place.Address, contract).Ignore();
            }
        }
    }

    private void WakeLeaderFor(ReplicaName newcomer)
    {
        foreach (var slot in groups.Find(newcomer.Group)?.Slots ?? [])
        {
            if (slot.Local is { IsRunning: true, Role.Role: RaftRole.Leader } leader)
            {
                leader.Driver.Unquiesce(isLeaderLost: false);
            }
        }
    }

    private async Task BeatAsync(SiloAddress target, SiloHeartbeat beat)
    {
        try
        {
            metrics.BeatSent();
            await client.Get(target).BeatAsync(self.SiloAddress, beat);
        }
        catch (Exception exception)
        {
            // Whether a beat arrived is the other silo's to judge.
            Log.BeatLost(logger, exception, target);
        }
    }

    private async Task CompareAsync(SiloAddress target, SiloLiveness contract)
    {
        try
        {
            var begun = contract.BeginComparison();
            await checks.CompareAsync(target);
            contract.Compared(begun);
        }
        catch (Exception exception)
        {
            Log.ComparisonFailed(logger, exception, target);
        }

        // Not again at once, whatever happens: a comparison reads everything that sleeps.
        await Task.Delay(ComparisonPause, time);
        comparing.TryRemove(target, out _);
    }

    private void WakeOrphans()
    {
        // Whatever orphans or silences somebody raises a flag; the round, which looks at every replica, is for what no event told.
        var isRound = time.GetElapsedTime(lastRound) > RoundInterval;
        if (isRound)
        {
            lastRound = time.GetTimestamp();
            memory.Consider();
        }

        if (Interlocked.Exchange(ref isSomebodySpeechless, false) | isRound)
        {
            NameSpeechless();
        }

        if (Interlocked.Exchange(ref isSomebodyOrphaned, false) | isRound)
        {
            if (orphans.Wake())
            {
                LookForOrphans();
            }
        }
    }

    /// <summary>Beats speak for leaders that sleep; but a leader that may not speak leads nobody, as its followers would notice if they were awake.</summary>
    private void NameSpeechless()
    {
        foreach (var replica in groups.Hosted)
        {
            if (replica is { Quiescence: not null, Role.Role: RaftRole.Leader, MaySpeak: false })
            {
                Gone(replica.Key);
            }
        }
    }
}
