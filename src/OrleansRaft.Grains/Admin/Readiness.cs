using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Admin;

/// <summary>Decides whether this silo is ready: whether it has joined, reaches its stores, and its replicas have caught up. Any thread.</summary>
/// <remarks>
/// It is about this silo alone. A group without a leader is an alarm (<see cref="ClusterAlarms"/>): to take silos out of service for it would only
/// make the others' users suffer too. A silo that has just started is ready when it carries its share: when no group lacks a replica that it could
/// take or has two on one silo that could be apart, and when its own replicas have caught up. Before that the death of one silo may cost a majority,
/// so whoever restarts silos one after the other must wait for it. It does not wait for groups that cannot elect, nor for long for replicas whose
/// PostgreSQL server is away. A silo that was ready stays so while replicas move.
/// </remarks>
internal sealed class Readiness(
    GroupTable groups,
    ClusterMembership silos,
    Locator locator,
    LeaderlessTimes leaderless,
    ILogStore store,
    ILocalSiloDetails self,
    TimeProvider time)
{
    private const int AgePerDuration = 4;
    private static readonly TimeSpan AgeMax = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StoreTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ArrivalPatience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan CatchUpPatience = TimeSpan.FromSeconds(60);

    private readonly Lock gate = new();
    private Task<RaftReadiness>? checking;
    private long checkedAt;
    private TimeSpan age;
    private long? servingSince;
    private volatile bool hasBeenReady;

    /// <summary>Whether this silo is ready; not older than a second, and than a few times as long as it takes to find out.</summary>
    public Task<RaftReadiness> CheckAsync(CancellationToken cancellation)
    {
        if (silos.IsDraining)
        {
            return Task.FromResult(new RaftReadiness(false, "This silo is about to stop; send new requests to another one."));
        }

        lock (gate)
        {
            if (checking is null || (checking.IsCompleted && (!checking.IsCompletedSuccessfully || time.GetElapsedTime(checkedAt) > age)))
            {
                checking = CheckAsync();
            }

            return checking.WaitAsync(cancellation);
        }
    }

    private async Task<RaftReadiness> CheckAsync()
    {
        if (!groups.IsLoaded || !silos.IsActive(self.SiloAddress))
        {
            return new RaftReadiness(false, "This silo has not joined the cluster yet.");
        }

        var since = time.GetTimestamp();
        var obstacle = await FindStoreTroubleAsync() ?? (hasBeenReady ? null : await FindArrivalsAsync());
        hasBeenReady |= obstacle is null;
        lock (gate)
        {
            checkedAt = time.GetTimestamp();
            var duration = time.GetElapsedTime(since) * AgePerDuration;
            age = duration < AgeMax ? duration : AgeMax;
        }

        return obstacle is null
            ? new RaftReadiness(true, "This silo has joined, reaches its stores, and its replicas have caught up.")
            : new RaftReadiness(false, obstacle);
    }

    /// <summary>Why the stores do not serve, in a sentence.</summary>
    private async Task<string?> FindStoreTroubleAsync()
    {
        using var patience = new CancellationTokenSource(StoreTimeout, time);
        try
        {
            await store.CheckAsync(patience.Token).WaitAsync(patience.Token);
            return null;
        }
        catch (OperationCanceledException)
        {
            return $"The log store has not answered for {StoreTimeout.TotalSeconds:0} s.";
        }
        catch (Exception exception)
        {
            return $"The log store does not serve: {exception.Message.TrimEnd('.')}.";
        }
    }

    /// <summary>What this silo still waits for since it started, in a sentence; for a while only.</summary>
    private async Task<string?> FindArrivalsAsync()
    {
        servingSince ??= time.GetTimestamp();
        var stock = new ClusterInventory(silos.Active, await locator.TakeInventoryAsync());
        leaderless.Look(stock);
        var elapsed = time.GetElapsedTime(servingSince.Value);
        return (elapsed < ArrivalPatience ? FindElecting(stock) : null)
            ?? (elapsed < CatchUpPatience ? FindCrowded(stock) : null)
            ?? (elapsed < ArrivalPatience ? FindShort(stock) : null)
            ?? (elapsed < CatchUpPatience ? FindOwn() : null);
    }

    private string? FindElecting(ClusterInventory stock)
    {
        var led = stock.LedGroups();
        return groups.AllGroups.Where(group => !led.Contains(group.Name) && stock.CouldElect(group)).ToList() is { Count: > 0 } electing
            ? $"{electing.Count} of {groups.AllGroups.Count} groups still elect a leader, {electing[0].Name} for one."
            : null;
    }

    private string? FindCrowded(ClusterInventory stock) =>
        groups.AllGroups.Where(group => stock.IsCrowded(group) && stock.IsHealthy(group)).ToList() is { Count: > 0 } crowded
            ? $"{crowded.Count} of {groups.AllGroups.Count} groups still have two replicas on one silo, {crowded[0].Name} for one; "
                + "they are being moved apart."
            : null;

    private string? FindShort(ClusterInventory stock) =>
        groups.AllGroups.FirstOrDefault(stock.IsShort) is { } group ? $"Replicas come to life, of {group.Name} for one." : null;

    /// <summary>A replica that knows no leader has nobody to catch up with.</summary>
    private string? FindOwn() =>
        groups.Hosted.FirstOrDefault(
            static replica =>
                replica.Role.Leader is not null && replica.Configuration.IsVoter(replica.Key.Replica) && !replica.HasCaughtUp) is { } behind
            ? $"Replicas catch up with their groups, {behind.Key} for one."
            : null;
}
