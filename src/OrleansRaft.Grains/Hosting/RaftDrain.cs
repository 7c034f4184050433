using Microsoft.Extensions.Logging;
using OrleansRaft.Core;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Placement;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Hosting;

/// <summary>Hands over what this silo leads before it stops. Any thread.</summary>
internal sealed class RaftDrain(
    GroupTable groups,
    ClusterMembership silos,
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
    /// Hands leaderships over while the silo still works, so that a planned restart costs no election timeout (thesis §3.10). Those too that
    /// somebody hands to this silo meanwhile, who has not heard yet that it stops.
    /// </summary>
    private async Task<int> HandOverAsync(CancellationToken patience)
    {
        var since = time.GetTimestamp();
        var asked = new HashSet<ILocalReplica>();
        var stuck = new HashSet<ILocalReplica>();
        try
        {
            while (groups.Hosted.Where(replica => IsLeader(replica) && !stuck.Contains(replica)).ToList() is { Count: > 0 } leaders)
            {
                asked.UnionWith(leaders);
                await Task.WhenAll(leaders.Where(HasOthers).Select(replica => HandOverAsync(replica, patience))).WaitAsync(patience);
                stuck.UnionWith(leaders.Where(IsLeader));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            // Whoever is still led from here elects when the silo is gone.
        }

        var left = asked.Count(IsLeader);
        Log.HandedOver(logger, asked.Count - left, time.GetElapsedTime(since), left);
        return left;
    }

    /// <summary>
    /// Asks again when a transfer was given up because it took longer than an election timeout, and then whoever is most up to date; that nobody is
    /// there to take over is final.
    /// </summary>
    private async Task HandOverAsync(ILocalReplica replica, CancellationToken patience)
    {
        var successor = FindSuccessor(replica);
        while (IsLeader(replica) && await replica.Driver.TransferLeadershipAsync(successor) is { Kind: ReplyKind.Rejected, Reason: RejectionReason.NoLeader })
        {
            successor = null;
            await Task.Delay(HandOverPause, time, patience);
        }
    }

    /// <summary>
    /// The voter whose silo runs longest: in a rolling restart the one before has just come back, compiles, and brings its replicas to life.
    /// </summary>
    private ReplicaId? FindSuccessor(ILocalReplica replica) =>
        SlotsElsewhere(replica).Where(slot => silos.IsActive(slot.Silo!)).MinBy(slot => slot.Silo!.Generation)?.Replica;

    /// <summary>Whether a voter lives on another silo: between replicas of this one a leadership would only go around.</summary>
    private bool HasOthers(ILocalReplica replica) => SlotsElsewhere(replica).Any();

    private IEnumerable<ReplicaSlot> SlotsElsewhere(ILocalReplica replica) =>
        replica.Configuration.Voters.Select(replica.Slot.Group.Slot).Where(slot => slot.Silo is { } silo && !silo.Equals(self.SiloAddress));

    private static bool IsLeader(ILocalReplica replica) => replica is { IsRunning: true, Role.Role: RaftRole.Leader };
}
