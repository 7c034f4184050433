using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime.Diagnostics;

/// <summary>Unhealthy while the silo's log store cannot be reached or written to.</summary>
/// <param name="store">The store.</param>
internal sealed class LogStoreHealthCheck(ILogStore store) : IHealthCheck
{
    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await store.CheckAsync(cancellationToken);
            return HealthCheckResult.Healthy("The log store answers.");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return HealthCheckResult.Unhealthy($"The log store does not serve: {exception.Message}", exception);
        }
    }
}
