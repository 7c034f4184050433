using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.Admin;

/// <inheritdoc cref="IDepartureService"/>
[Reentrant]
internal sealed class DepartureService(
    GrainId id,
    Silo silo,
    ILoggerFactory loggers,
    StoppedSilos departures,
    ClusterMembership silos,
    IHostApplicationLifetime application,
    ILogger<Decommissioning> logger) : GrainService(id, silo, loggers), IDepartureService
{
    /// <inheritdoc/>
    public Task LeaveAsync()
    {
        Log.Decommissioned(logger);
        silos.LeaveForGood();

        // The answer goes out before the silo begins to stop.
        _ = Task.Run(application.StopApplication);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task DismissAsync(SiloAddress silo)
    {
        departures.Dismiss(silo);
        return Task.CompletedTask;
    }
}
