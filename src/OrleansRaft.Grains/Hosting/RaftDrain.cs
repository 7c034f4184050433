using Microsoft.Extensions.Logging;
using OrleansRaft.Core;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Placement;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Hosting;

/// <summary>Hands over what this silo leads before it stops. Any thread.</summary>
internal sealed class RaftDrain(
    GroupTable groups,
    ClusterMembership silos,
    Locator locator,
    ReplicaKeeper keeper,
    CatalogueWorker catalogue,
    ILocalSiloDetails self,
    TimeProvider time,
    ILogger<RaftDrain> logger) : IRaftDrain
{
    private static readonly TimeSpan HandOverTimeout = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan HandOverPause = TimeSpan.FromMilliseconds(50);

    private readonly Lock gate = new();
    private Task<int>? handingOver;

    /// <inheritdoc/>
    public bool HasBegun => silos.IsDraining;

    /// <inheritdoc/>
    public bool IsHandingOver => silos.IsStopping;

    /// <inheritdoc/>
    public void Begin() => silos.Drain();

    /// <inheritdoc/>
    public Task<int> HandOverAsync()
    {
        lock (gate)
        {
            return handingOver ??= StopKeepingAsync();
        }
    }

    private async Task<int> StopKeepingAsync()
    {
        silos.Leave();
        using var patience = new CancellationTokenSource(HandOverTimeout, time);
        try
        {
            await catalogue.StopAsync().WaitAsync(patience.Token);
            await keeper.StopAsync().WaitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // They wait for a store that does not answer.
        }

        return await HandOverAsync(patience.Token);
    }

    /// <summary>
    /// Hands leaderships over while the silo still works, so that a planned restart costs no election timeout (thesis §3.10), including those that
    /// another silo hands to this one meanwhile because it has not heard yet that this one stops.
    /// </summary>
    /// <remarks>
    /// This silo says that it stops before it asks the others whether they do. Of two silos that stop together at least one therefore knows of the
    /// other, and no leadership travels back and forth between them.
    /// </remarks>
    private async Task<int> HandOverAsync(CancellationToken patience)
    {
        var since = time.GetTimestamp();
        var asked = new HashSet<ILocalReplica>();
        var settled = new HashSet<ILocalReplica>();
        var tried = new HashSet<(ILocalReplica Leader, ReplicaId Successor)>();
        try
        {
            while (groups.Hosted.Where(replica => IsLeader(replica) && !settled.Contains(replica)).ToList() is { Count: > 0 } leaders)
            {
                asked.UnionWith(leaders);
                var answers = await locator.LocateAsync([]).WaitAsync(patience);
                var ends = await Task.WhenAll(leaders.Select(leader => IsSettledAsync(leader, answers, tried))).WaitAsync(patience);
                settled.UnionWith(leaders.Where((_, place) => ends[place]));
                if (!ends.All(static isSettled => isSettled))
                {
                    await Task.Delay(HandOverPause, time, patience);
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            // Groups that are still led from here elect when the silo is gone.
        }

        var left = asked.Count(IsLeader);
        Log.HandedOver(logger, asked.Count - left, time.GetElapsedTime(since), left);
        return left;
    }

    /// <summary>Tries to hand one leadership over.</summary>
    /// <returns>False when another attempt makes sense: a transfer took longer than an election timeout, or a silo did not answer.</returns>
    private async Task<bool> IsSettledAsync(
        ILocalReplica leader, IReadOnlyDictionary<SiloAddress, Inventory> answers, HashSet<(ILocalReplica Leader, ReplicaId Successor)> tried)
    {
        var others = SlotsElsewhere(leader).ToList();

        // In a rolling restart the silo that stopped last has just come back, compiles, and activates its replicas: the one that runs longest is
        // best. One whose state machine is halted is better than none: an election would cost the group its votes for a moment, too.
        var successor = others
            .Where(slot => answers.TryGetValue(slot.Silo!, out var told) && !told.IsStopping && !told.IsDraining)
            .OrderBy(slot => tried.Contains((leader, slot.Replica)))
            .ThenBy(slot => IsUnfit(slot, answers[slot.Silo!]))
            .ThenBy(static slot => slot.Silo!.Generation)
            .FirstOrDefault();
        if (successor is null)
        {
            return others.TrueForAll(slot => answers.ContainsKey(slot.Silo!) || !silos.IsActive(slot.Silo!));
        }

        tried.Add((leader, successor.Replica));
        return await leader.Driver.TransferLeadershipAsync(successor.Replica) is not { Kind: ReplyKind.Rejected, Reason: RejectionReason.NoLeader };
    }

    /// <summary>The voters on other silos: between replicas of this one a leadership would only go around.</summary>
    private IEnumerable<ReplicaSlot> SlotsElsewhere(ILocalReplica replica) =>
        replica.Configuration.Voters.Select(replica.Slot.Group.Slot).Where(slot => slot.Silo is { } silo && !silo.Equals(self.SiloAddress));

    /// <summary>Whether a silo says that a state machine of the group goes no further there.</summary>
    private static bool IsUnfit(ReplicaSlot slot, Inventory told) => told.Alarms is { } alarms
        && Array.Exists(
            alarms,
            alarm => alarm.Group == slot.Group.Name && alarm.Name is AlarmNames.MachineHalted or AlarmNames.VersionBehind or AlarmNames.MachineStuck);

    private static bool IsLeader(ILocalReplica replica) => replica is { IsRunning: true, Role.Role: RaftRole.Leader };
}
