using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Replicas;

/// <summary>Opens the logs of this silo's replicas, with faults where they are possible, and lets them go.</summary>
internal sealed class ReplicaLogs(ILogStore store, IFaultSource faults, ReplicaNotices notices, TimeProvider time)
{
    /// <summary>Refuses a replica whose store fails by a fault, before anything is made for it.</summary>
    /// <exception cref="IOException">It does.</exception>
    public void RequireStore(ReplicaSlot slot)
    {
        if (faults.FaultsOf(slot) is { IsStoreFailing: true })
        {
            throw FaultInjectingLogEvents.Failure(new ReplicaKey(slot.Group.Name, slot.Replica));
        }
    }

    /// <summary>Opens the log of a replica, which raises its epoch. Throws what the store throws.</summary>
    public async Task OpenAsync(HostedReplica replica, CancellationToken cancellation)
    {
        try
        {
            var faulting = faults.IsEnabled ? new FaultInjectingLogEvents(replica, time) : null;
            var log = await store.OpenAsync(replica.Key, (IReplicaLogEvents?)faulting ?? replica.Driver.LogEvents, cancellation);
            replica.Attach(log, faulting);
            notices.Opened(replica);
        }
        catch (Exception exception)
        {
            notices.OpeningFailed(replica.Key, exception);
            throw;
        }
    }

    /// <summary>
    /// Closes the log of a replica that has stopped. What fails is logged: the successor then waits until the right to speak has run out.
    /// </summary>
    /// <param name="replica">The replica.</param>
    /// <param name="isClean">Whether it was stopped, not ended by itself: then its right to speak is given back.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task CloseAsync(HostedReplica replica, bool isClean, CancellationToken cancellation)
    {
        try
        {
            // Closed also when the release fails: what it still tries to write ends then.
            await using var log = replica.OpenLog;
            if (isClean)
            {
                await log.ReleaseAsync(cancellation);
            }
        }
        catch (Exception exception)
        {
            notices.ReleaseFailed(replica.Key, exception);
        }
    }
}
