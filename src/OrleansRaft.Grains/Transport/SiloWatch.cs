using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansRaft.Core;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains;

/// <summary>Watches the other silos on behalf of all sleeping groups at once, and wakes followers whose leader is lost.</summary>
/// <remarks>
/// A quiesced group sends nothing, so nobody in it would notice that its leader is gone. Instead every silo beats to every other a few times per election
/// timeout, and names in its beats the replicas that stopped on it lately. A sleeping follower is woken when its leader's silo has not beaten for an election
/// timeout, when that silo names the leader as gone, or when nobody knows where the leader is. Waking for nothing is harmless: the follower asks around,
/// and the leader, if it lives, answers before anybody is elected.
/// </remarks>
internal sealed class SiloWatch(
    GroupTable groups, Silos silos, LaneClient client, LinkFaults faults, ILocalSiloDetails self, IOptions<RaftOptions> options, TimeProvider time, ILogger<SiloWatch> logger)
    : IDisposable
{
    private const int TicksPerBeat = 2;
    private const int GoneMax = 4_096;
    private const int WakesPerBeatMax = 512;
    private static readonly TimeSpan BeatTimeout = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan GoneMemory = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<SiloAddress, long> heard = new();
    private readonly ConcurrentQueue<(ReplicaName Name, long At)> gone = new();
    private readonly CancellationTokenSource stopping = new();
    private Task loop = Task.CompletedTask;

    private TimeSpan BeatInterval => options.Value.TickInterval * TicksPerBeat;

    private TimeSpan LostAfter => options.Value.TickInterval * options.Value.ElectionTicksMax;

    /// <summary>Begins to watch.</summary>
    public void Start() => loop = Task.Run(RunAsync);

    /// <summary>Takes note of any sign of life of a silo. Any thread.</summary>
    public void Heard(SiloAddress silo) => heard[silo] = time.GetTimestamp();

    /// <summary>A silo names replicas that stopped on it: whoever sleeps under them is woken.</summary>
    public void Heard(SiloAddress silo, ReplicaName[] stopped)
    {
        Heard(silo);
        foreach (var name in stopped)
        {
            groups.Find(name.Group)?.Find(new ReplicaId(name.Replica))?.Forget(silo);
        }
    }

    /// <summary>A replica stopped on this silo; the others are told with the next beats. Any thread.</summary>
    public void Gone(ReplicaKey replica)
    {
        gone.Enqueue((new ReplicaName(replica.Group, replica.Replica.Value), time.GetTimestamp()));
        while (gone.Count > GoneMax)
        {
            gone.TryDequeue(out _);
        }
    }

    /// <summary>Forgets a silo that is dead.</summary>
    public void Forget(SiloAddress silo) => heard.TryRemove(silo, out _);

    /// <summary>Watches no more.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        await loop;
    }

    /// <inheritdoc/>
    public void Dispose() => stopping.Dispose();

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(BeatInterval, time);
        var last = time.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(stopping.Token))
            {
                var isLate = time.GetElapsedTime(last) > LostAfter / 2;
                last = time.GetTimestamp();
                Beat();
                if (isLate)
                {
                    // This silo itself was held up: what the others said meanwhile may still wait to be heard.
                    GiveEverybodyTime();
                    continue;
                }

                WakeOrphans();
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
    }

    private void Beat()
    {
        while (gone.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) > GoneMemory)
        {
            gone.TryDequeue(out _);
        }

        ReplicaName[] names = [.. gone.Select(static entry => entry.Name)];
        foreach (var place in silos.Active)
        {
            if (!place.Address.Equals(self.SiloAddress) && !faults.IsCut(place.Address))
            {
                heard.TryAdd(place.Address, time.GetTimestamp());
                BeatAsync(place.Address, names).Ignore();
            }
        }
    }

    private async Task BeatAsync(SiloAddress target, ReplicaName[] names)
    {
        try
        {
            await client.Get(target).BeatAsync(self.SiloAddress, names).WaitAsync(BeatTimeout, time);
        }
        catch (Exception exception)
        {
            // The next beat says the same; whether this one arrived is the other silo's to judge.
            Log.BeatLost(logger, exception, target);
        }
    }

    private void GiveEverybodyTime()
    {
        foreach (var silo in heard.Keys)
        {
            Heard(silo);
        }
    }

    private void WakeOrphans()
    {
        var wakes = 0;
        foreach (var replica in groups.Hosted)
        {
            if (replica.IsAsleep && replica.Role is { Role: not RaftRole.Leader, Leader: var leader } && !IsInSight(replica.Slot.Group, leader))
            {
                replica.Driver.Post(new Wake(IsLeaderLost: true));

                // A lost silo may have led thousands: their elections must not all begin at once.
                if (++wakes == WakesPerBeatMax)
                {
                    return;
                }
            }
        }
    }

    private bool IsInSight(GroupEntry group, ReplicaId? leader)
    {
        if (leader is not { } known || group.Find(known) is not { } slot)
        {
            return false;
        }

        if (slot.Local is { } local)
        {
            return local.IsRunning;
        }

        return slot.Silo is { } silo && heard.TryGetValue(silo, out var at) && time.GetElapsedTime(at) <= LostAfter;
    }
}
