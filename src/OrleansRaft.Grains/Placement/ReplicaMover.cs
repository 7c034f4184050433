using Microsoft.Extensions.Logging;
using Orleans.Runtime.Placement;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Replicas;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Placement;

/// <summary>
/// Separates replicas of a group that share a silo, when a silo without any has joined. Gently: few at a time, and of a group never more than one.
/// </summary>
internal sealed class ReplicaMover(
    ReplicaPlacer placer, Locator locator, ClusterMembership silos, IGrainFactory grains, TimeProvider time, ILogger<ReplicaMover> logger)
{
    private const int MovesMax = 1_024;
    private const int ConcurrencyMax = 8;
    private static readonly TimeSpan RoundMax = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ArrivalTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ArrivalPoll = TimeSpan.FromMilliseconds(20);

    private readonly RetryBackoff retries = new(time);

    /// <summary>
    /// Moves some replicas, for a few seconds: to take stock of thousands takes long, and what was seen then does not stay true for ever.
    /// </summary>
    /// <returns>Whether nothing is left to be moved.</returns>
    public async Task<bool> SeparateAsync(IReadOnlyList<GroupEntry> kept, ClusterInventory stock, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        var moves = kept.Select(group => Choose(group, stock)).OfType<Move>().Take(MovesMax).ToList();
        await Parallel.ForEachAsync(
            moves,
            new ParallelOptions { MaxDegreeOfParallelism = ConcurrencyMax, CancellationToken = cancellation },
            async (move, token) =>
            {
                if (time.GetElapsedTime(since) < RoundMax)
                {
                    await CarryOutAsync(move, token);
                }
            });
        return moves.Count == 0;
    }

    private Move? Choose(GroupEntry group, ClusterInventory stock)
    {
        if (!stock.IsHealthy(group))
        {
            return null;
        }

        // A follower goes first: its leaving costs the group nothing.
        foreach (var slot in group.Slots.OrderBy(stock.IsLeader))
        {
            if (group.Configuration.Contains(slot.Replica) && retries.IsDue(slot) && placer.ChooseBetter(slot, stock.Active) is { } target)
            {
                return new Move(slot, slot.Silo!, target);
            }
        }

        return null;
    }

    private async Task CarryOutAsync(Move move, CancellationToken cancellation)
    {
        var (slot, from, target) = move;
        var key = new ReplicaKey(slot.Group.Name, slot.Replica);
        try
        {
            var grain = grains.GetGrain<IReplicaGrain>(key.ToString());
            if (!await grain.MoveAsync(target.Address).WaitAsync(CallTimeout, time, cancellation))
            {
                retries.Failed(slot);
                return;
            }

            Log.Moving(logger, key, silos.NameOf(from), target.Name);
            if (await ArrivesAsync(grain, slot, target.Address, cancellation))
            {
                retries.Succeeded(slot);
                return;
            }

            retries.Failed(slot);
            Log.MoveFailed(logger, null, key, silos.NameOf(from), target.Name);
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            retries.Failed(slot);
            Log.MoveFailed(logger, exception, key, silos.NameOf(from), target.Name);
        }
    }

    private async Task<bool> ArrivesAsync(IReplicaGrain grain, ReplicaSlot slot, SiloAddress target, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();

        // Orleans tells nobody when what it migrated did not come to life: a call finds it, or brings it to life.
        RequestContext.Set(IPlacementDirector.PlacementHintKey, target);
        var address = await grain.ActivateAsync().WaitAsync(ArrivalTimeout, time, cancellation);
        if (!address.Silo.Equals(target))
        {
            return false;
        }

        while (time.GetElapsedTime(since) < ArrivalTimeout)
        {
            await Task.Delay(ArrivalPoll, time, cancellation);
            var inventory = await locator.LocateAsync([slot]);
            if (inventory.TryGetValue(target, out var there) && there.Replicas is [{ IsRunning: true }])
            {
                return true;
            }
        }

        return false;
    }

    private sealed record Move(ReplicaSlot Slot, SiloAddress From, SiloPlace Target);
}
