using System.Net.Http.Json;

namespace OrleansRaft.Cli.Client;

/// <summary>API keys, and the audit.</summary>
internal sealed partial class OraftClient
{
    private const string Keys = "api/v1/keys";

    /// <summary>Makes a key.</summary>
    public async Task<Answer<KeyAnswer>> CreateKeyAsync(object wanted, CancellationToken cancellation)
    {
        using var response = await SendAsync(
            () => new HttpRequestMessage(HttpMethod.Post, Keys) { Content = JsonContent.Create(wanted, wanted.GetType(), options: WithoutNulls) },
            cancellation);
        return await ReadAsync<KeyAnswer>(response, key: null, cancellation);
    }

    /// <summary>Every key.</summary>
    public IAsyncEnumerable<Answer<KeyAnswer>> ListKeysAsync(CancellationToken cancellation) =>
        ListAsync<KeyAnswer>(Keys, "keys", limit: null, after: null, cancellation);

    /// <summary>Revokes a key.</summary>
    public async Task RevokeKeyAsync(string key, bool force, CancellationToken cancellation)
    {
        using var response = await SendAsync(
            () => new HttpRequestMessage(HttpMethod.Delete, $"{Keys}/{PathSegment.Of(key)}{(force ? "?force=true" : "")}"), cancellation);
        await ProblemAnswers.ThrowUnlessSuccessAsync(response, key: null, cancellation);
    }

    /// <summary>What a tenant may take.</summary>
    public Task<Answer<LimitsAnswer>> GetLimitsAsync(string tenant, CancellationToken cancellation) =>
        GetAsync<LimitsAnswer>(LimitsOf(tenant), cancellation);

    /// <summary>Gives a tenant limits of its own.</summary>
    /// <param name="tenant">Which.</param>
    /// <param name="limits">The body; null takes its own limits away.</param>
    /// <param name="cancellation">Interrupts.</param>
    public async Task<Answer<LimitsAnswer>> SetLimitsAsync(string tenant, object? limits, CancellationToken cancellation)
    {
        using var response = await SendAsync(
            () => new HttpRequestMessage(limits is null ? HttpMethod.Delete : HttpMethod.Put, LimitsOf(tenant))
            {
                Content = limits is null ? null : JsonContent.Create(limits, limits.GetType(), options: WithoutNulls),
            },
            cancellation);
        return await ReadAsync<LimitsAnswer>(response, key: null, cancellation);
    }

    /// <summary>Deletes a tenant, or a part of it: to be repeated while there is more.</summary>
    public async Task<Answer<DeletedTenantAnswer>> DeleteTenantAsync(string tenant, CancellationToken cancellation)
    {
        using var response = await SendAsync(
            () => new HttpRequestMessage(HttpMethod.Delete, $"api/v1/tenants/{PathSegment.Of(tenant)}"), cancellation);
        return await ReadAsync<DeletedTenantAnswer>(response, key: null, cancellation);
    }

    private static string LimitsOf(string tenant) => $"api/v1/tenants/{PathSegment.Of(tenant)}/limits";

    /// <summary>The audit, the latest entry first.</summary>
    /// <param name="limit">The most to ask for; null asks for all that is kept.</param>
    /// <param name="cancellation">Interrupts.</param>
    public IAsyncEnumerable<Answer<AuditAnswer>> ListAuditAsync(int? limit, CancellationToken cancellation) =>
        ListAsync<AuditAnswer>("api/v1/audit", "entries", limit, after: null, cancellation);
}

/// <summary>A key as the API describes it.</summary>
/// <param name="Key">Its id.</param>
/// <param name="Name">Whose or what for.</param>
/// <param name="Role">What its bearer may do.</param>
/// <param name="Tenants">Whose data it is for; empty for all.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="CreatedBy">By whom.</param>
/// <param name="ExpiresAt">From when on it is worth nothing.</param>
/// <param name="RevokedAt">When it was revoked.</param>
/// <param name="Secret">The key itself, when it has just been made.</param>
internal sealed record KeyAnswer(
    string Key,
    string Name,
    string Role,
    IReadOnlyList<string> Tenants,
    DateTimeOffset CreatedAt,
    string CreatedBy,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt,
    string? Secret = null);

/// <summary>What a tenant may take of one silo, as the API describes it; null for any number.</summary>
internal sealed record LimitsAnswer(
    string Tenant, long? RequestsPerSecond, long? Burst, long? AtOnce, long? IdempotencyKeys = null, long? Counters = null, long? Bytes = null);

/// <summary>How much of a tenant was deleted, as the API describes it.</summary>
internal sealed record DeletedTenantAnswer(string Tenant, long Counters, bool More);

/// <summary>An entry of the audit as the API describes it.</summary>
internal sealed record AuditAnswer(long Number, DateTimeOffset Time, string Who, string From, string What, string Result, string Silo);
