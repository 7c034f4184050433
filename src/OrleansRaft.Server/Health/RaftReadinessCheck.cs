using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansRaft.Grains.Admin;

namespace OrleansRaft.Server.Health;

/// <summary>Healthy when the silo has joined, reaches its stores, and its replicas have caught up.</summary>
/// <param name="admin">Looks into the silo.</param>
internal sealed class RaftReadinessCheck(IRaftAdmin admin) : IHealthCheck
{
    /// <summary>The check's name.</summary>
    public const string Name = "raft";

    /// <summary>The tag of all checks that <c>/health/ready</c> asks.</summary>
    public const string Tag = "ready";

    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var readiness = await admin.CheckReadinessAsync(cancellationToken);
        return readiness.IsReady
            ? HealthCheckResult.Healthy(readiness.Detail)
            : new HealthCheckResult(context.Registration.FailureStatus, readiness.Detail);
    }
}
