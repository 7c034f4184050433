using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansRaft.Grains;

namespace OrleansRaft.Server;

/// <summary>Healthy when the silo has joined and every group has a leader that it can reach.</summary>
/// <param name="admin">Looks into the groups.</param>
internal sealed class RaftReadinessCheck(IRaftAdmin admin) : IHealthCheck
{
    /// <summary>The check's name.</summary>
    public const string Name = "raft";

    /// <summary>The tag of all checks that <c>/health/ready</c> asks.</summary>
    public const string Tag = "ready";

    private const int GroupsNamedMax = 10;

    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var readiness = await admin.CheckReadinessAsync(cancellationToken);
        return readiness.IsReady ? HealthCheckResult.Healthy(readiness.Detail) : new HealthCheckResult(context.Registration.FailureStatus, DetailOf(readiness));
    }

    private static string DetailOf(RaftReadiness readiness)
    {
        var leaderless = readiness.LeaderlessGroups;
        return leaderless.Count == 0
            ? readiness.Detail
            : $"{readiness.Detail} Without a leader that can be reached: {string.Join(", ", leaderless.Take(GroupsNamedMax))}{(leaderless.Count > GroupsNamedMax ? ", ..." : "")}.";
    }
}
