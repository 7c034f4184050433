using Microsoft.Extensions.Logging;
using Orleans.Runtime.Placement;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Replicas;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Placement;

/// <summary>Sees to it that every replica lives: takes stock of all silos, and brings to life what is missing.</summary>
/// <remarks>
/// Every group has one keeper among the active silos, chosen by rendezvous, so that silos share the work without talking about it. When they disagree
/// for a moment about who is active, two may bring the same replica to life: Orleans' directory joins them, and the store's epoch settles what it
/// does not. Sweeps are quick after each change of the membership and slow otherwise.
/// </remarks>
internal sealed class ReplicaKeeper(
    GroupTable groups,
    ClusterMembership silos,
    ReplicaPlacer placer,
    StoppedSilos departures,
    Locator locator,
    ReplicaMover mover,
    LeaderBalancer balancer,
    LeaderlessTimes leaderless,
    DamageAlarms damage,
    KeeperSignal signal,
    IGrainFactory grains,
    ILocalSiloDetails self,
    TimeProvider time,
    ILogger<ReplicaKeeper> logger)
    : IDisposable
{
    // Most replicas come to life in a fraction of it; the sweep does not wait for those whose database server is away.
    private static readonly TimeSpan ArrivalsMax = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SlowSweep = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SlowSweepMax = TimeSpan.FromSeconds(300);
    private static readonly TimeSpan SlowSweepPerReplica = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan WatchfulSweep = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan QuickSweep = TimeSpan.FromMilliseconds(200);
    private const int QuickSweepsAfterNudge = 3;
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan JoiningPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PatiencePerReplica = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan PatienceMax = TimeSpan.FromSeconds(30);
    private const int PausePerStock = 4;
    private static readonly TimeSpan ActivationTimeout = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource stopping = new();
    private readonly HashSet<ReplicaSlot> wantedHere = [];
    private readonly ActivationLanes lanes = new();
    private readonly RetryBackoff retries = new(time);
    private readonly long startedAt = time.GetTimestamp();
    private int quickSweeps;
    private TimeSpan stockDuration;
    private Task loop = Task.CompletedTask;

    /// <summary>Begins to keep.</summary>
    public void Start() => loop = Task.Run(RunAsync);

    /// <summary>Keeps no more: this silo is about to stop.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        await loop;
    }

    /// <inheritdoc/>
    public void Dispose() => stopping.Dispose();

    private async Task RunAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            TimeSpan pause;
            try
            {
                // To take stock is to look at everything: it must not be all that a silo with many replicas does.
                pause = await SweepAsync() + (stockDuration * PausePerStock);
            }
            catch (Exception exception) when (!stopping.IsCancellationRequested)
            {
                pause = QuickSweep;
                Log.SweepFailed(logger, exception, pause);
            }
            catch (Exception)
            {
                // A call that was under way may end with any failure when the silo stops.
                return;
            }

            await WaitAsync(pause);
        }
    }

    private async Task WaitAsync(TimeSpan pause)
    {
        // Its own timer bears that it is disposed just as it fires; a timer of ours that cancels it would end the process.
        using var late = new CancellationTokenSource(pause, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token, late.Token);
        try
        {
            await signal.Reader.WaitToReadAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }
    }

    /// <returns>How soon the next sweep is wanted: late, once everything lives that this silo looks after, lives apart, and leaders are
    /// spread.</returns>
    private async Task<TimeSpan> SweepAsync()
    {
        TakeNudges();
        if (!silos.IsActive(self.SiloAddress))
        {
            return QuickSweep;
        }

        var since = time.GetTimestamp();
        var stock = new ClusterInventory(silos.Active, await locator.TakeInventoryAsync());
        stockDuration = time.GetElapsedTime(since);
        leaderless.Look(stock);
        damage.ClearMended(stock);
        if (AwaitsOthers(stock))
        {
            return QuickSweep;
        }

        var kept = groups.AllGroups.Where(
            group => ReplicaChooser.ChooseKeeper(group.Name, stock.Active)?.Address.Equals(self.SiloAddress) == true).ToList();
        wantedHere.RemoveWhere(slot => stock.Lives(slot) || !slot.Group.Configuration.Contains(slot.Replica));
        var missing = kept.SelectMany(Members).Concat(wantedHere).Distinct().Where(slot => !stock.Lives(slot) && !IsAwaited(slot, stock)).ToList();

        lanes.Keep(stock.Active);
        await WaitForArrivalsAsync([.. missing.Select(slot => BringToLifeAsync(slot, stock.Answering))]);

        RetireRemoved();
        var isSettled = missing.Count == 0
            && stock.IsComplete
            && await mover.SeparateAsync(kept, stock, stopping.Token)
            && await balancer.BalanceAsync(stock, stopping.Token)
            && --quickSweeps <= 0;

        if (!isSettled)
        {
            return QuickSweep;
        }

        // Who has no leader, or misses a member, was left alone, wherever its replicas live.
        return kept.TrueForAll(stock.IsHealthy) ? Unhurried(stock.Count) : WatchfulSweep;
    }

    /// <summary>
    /// Whether a replica is left where it was, on a silo that stopped and is likely to come back soon: its group goes on without it meanwhile.
    /// The silo is back when it has answered: a replica that is no longer waited for goes to one of those that did.
    /// </summary>
    private bool IsAwaited(ReplicaSlot slot, ClusterInventory stock) =>
        slot.Left is { } silo && departures.IsAwaited(silo, stock.Answering) && stock.GoesOn(slot.Group);

    /// <summary>
    /// Looking for what no event told comes less often, the more there is to look at. By number and not by duration: a stall must not put it off.
    /// </summary>
    private static TimeSpan Unhurried(int replicas)
    {
        var pause = SlowSweepPerReplica * replicas;
        return pause < SlowSweep ? SlowSweep : pause > SlowSweepMax ? SlowSweepMax : pause;
    }

    /// <summary>
    /// Silos that start together should not find everything on the first of them, and a silo that the membership still counts as active may have died
    /// with all others: while too few answer, it waits for a moment. For longer, the more replicas there are to be placed: to move thousands of them
    /// to a silo that came a few seconds later takes minutes.
    /// </summary>
    private bool AwaitsOthers(ClusterInventory stock)
    {
        if (groups.Cluster.Sets.All(set => set.Replicas <= stock.Answering.Count))
        {
            return false;
        }

        var patience = silos.IsSomebodyJoining || !stock.IsComplete ? JoiningPatience : StartPatience;
        var placing = PatiencePerReplica * groups.AllGroups.SelectMany(Members).Count(slot => !stock.Lives(slot));
        return time.GetElapsedTime(startedAt) < (placing < patience ? patience : placing < PatienceMax ? placing : PatienceMax);
    }

    private void TakeNudges()
    {
        while (signal.Reader.TryRead(out var slot))
        {
            // Membership reaches its readers one after another: what is read now may be older than the nudge.
            quickSweeps = QuickSweepsAfterNudge;
            if (slot is not null)
            {
                wantedHere.Add(slot);
            }
        }
    }

    private void RetireRemoved()
    {
        foreach (var replica in groups.Hosted)
        {
            var configuration = replica.Slot.Group.Configuration;
            if (configuration is { IsJoint: false } && !configuration.Contains(replica.Key.Replica))
            {
                replica.Retire();
            }
        }
    }

    private async Task WaitForArrivalsAsync(Task[] arrivals)
    {
        if (arrivals.Length > 0)
        {
            await Task.WhenAny(Task.WhenAll(arrivals), Task.Delay(ArrivalsMax, time, stopping.Token));
        }
    }

    /// <summary>Where it goes is settled at once, and counts from then on: where the next replica of its group goes depends on it.</summary>
    private Task BringToLifeAsync(ReplicaSlot slot, IReadOnlyList<SiloPlace> active)
    {
        if (slot.Destination is not null || !retries.IsDue(slot) || placer.Choose(slot, active) is not { } place)
        {
            return Task.CompletedTask;
        }

        slot.Destination = place.Address;
        return lanes.RunAsync(slot.Replica, groups.Cluster.Servers, place.Address, () => CallAsync(slot, place), stopping.Token)
            .ContinueWith(_ => slot.Destination = null, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task CallAsync(ReplicaSlot slot, SiloPlace place)
    {
        try
        {
            RequestContext.Set(IPlacementDirector.PlacementHintKey, place.Address);
            var grain = grains.GetGrain<IReplicaGrain>(new ReplicaKey(slot.Group.Name, slot.Replica).ToString());
            var address = await grain.ActivateAsync().WaitAsync(ActivationTimeout, time, stopping.Token);

            // Where the next replica of the group goes depends on this one, before it has said anything itself.
            slot.Learn(address.Silo, address.Epoch);
            retries.Succeeded(slot);
        }
        catch (Exception exception)
        {
            if (stopping.IsCancellationRequested)
            {
                return;
            }

            // Orleans' directory points for a moment to a silo that has just gone.
            var level = exception is SiloUnavailableException ? LogLevel.Information : LogLevel.Warning;
            Log.ActivationFailed(logger, level, exception, new ReplicaKey(slot.Group.Name, slot.Replica), place.Name, retries.Failed(slot));
        }
    }

    private static IEnumerable<ReplicaSlot> Members(GroupEntry group) => group.Configuration.Members.Select(member => group.Slot(member.Id));
}
