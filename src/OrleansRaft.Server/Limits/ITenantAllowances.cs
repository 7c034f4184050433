namespace OrleansRaft.Server.Limits;

/// <summary>
/// What tenants may take, for applications that keep tenants' data: limits of requests are kept before an application hears of them, limits of what
/// is kept are its own to keep. A service of every application with <c>AddOrleansRaftServer</c>.
/// </summary>
public interface ITenantAllowances
{
    /// <summary>What a tenant may take: its own limits, where the catalogue has some and keys are asked for, and otherwise those of all.</summary>
    /// <param name="tenant">The tenant's name.</param>
    TenantAllowance AllowanceOf(string tenant);

    /// <summary>
    /// Asks the catalogue now instead of hearing of its changes a moment later: for whoever changed limits and answers with, or after, what holds.
    /// </summary>
    /// <param name="cancellation">Ends the asking.</param>
    Task RefreshAsync(CancellationToken cancellation);

    /// <summary>Counts a request that was refused because its tenant has taken what it may, in <c>raft.tenant.refused</c>.</summary>
    /// <param name="limit">Which limit was reached: a word, one of few.</param>
    void CountRefusal(string limit);
}
