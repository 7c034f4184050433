using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansRaft.Server.Dashboard;

/// <inheritdoc cref="IDashboardService"/>
internal sealed class DashboardService(GrainId id, Silo silo, ILoggerFactory loggers, DeferredDashboard dashboard, IHostApplicationLifetime lifetime)
    : GrainService(id, silo, loggers), IDashboardService
{
    /// <inheritdoc/>
    public async Task LookAsync()
    {
        try
        {
            await dashboard.StartAsync(lifetime.ApplicationStopping);
        }
        catch (Exception) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // A silo that stops needs no dashboard.
        }
    }
}
