using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace OrleansRaft.Runtime.Diagnostics;

/// <summary>Unhealthy while a group with a replica on this silo has no leader that the silo knows.</summary>
/// <param name="metrics">Holds the silo's replicas.</param>
internal sealed class LeaderlessGroupsHealthCheck(RaftMetrics metrics) : IHealthCheck
{
    private const int NamedMax = 10;

    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var leaderless = metrics.Replicas.LeaderlessGroups();
        return Task.FromResult(leaderless.Count == 0
            ? HealthCheckResult.Healthy($"Every group of the {metrics.Replicas.Count()} replicas here has a leader.")
            : HealthCheckResult.Unhealthy(
                $"{leaderless.Count} groups have no leader known here: "
                + $"{string.Join(", ", leaderless.Take(NamedMax))}{(leaderless.Count > NamedMax ? ", ..." : "")}. "
                + "An election takes less than a second; if it lasts, see whether a majority of their silos and database servers can be reached."));
    }
}
