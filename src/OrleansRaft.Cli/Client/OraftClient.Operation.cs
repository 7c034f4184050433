namespace OrleansRaft.Cli.Client;

/// <summary>Work on silos, and on what is left of members.</summary>
internal sealed partial class OraftClient
{
    /// <summary>Lets a silo leave for good, or takes a step towards it: to be repeated until it leaves.</summary>
    public async Task<Answer<DecommissioningAnswer>> DecommissionAsync(string silo, CancellationToken cancellation)
    {
        using var response = await SendAsync(
            () => new HttpRequestMessage(HttpMethod.Post, $"api/v1/silos/{PathSegment.Of(silo)}/decommission"), cancellation);
        return await ReadAsync<DecommissioningAnswer>(response, key: null, cancellation);
    }

    /// <summary>Deletes a set of groups; its name stands twice in the request.</summary>
    public async Task<Answer<DeletedSetAnswer>> DeleteSetAsync(string set, string confirmed, CancellationToken cancellation)
    {
        var path = $"api/v1/sets/{PathSegment.Of(set)}?confirm={Uri.EscapeDataString(confirmed)}";
        using var response = await SendAsync(() => new HttpRequestMessage(HttpMethod.Delete, path), cancellation);
        return await ReadAsync<DeletedSetAnswer>(response, key: null, cancellation);
    }

    /// <summary>Deletes what removed members of a group have stored.</summary>
    public async Task<Answer<DeletedReplicasAnswer>> DeleteRemovedAsync(string group, CancellationToken cancellation)
    {
        using var response = await SendAsync(
            () => new HttpRequestMessage(HttpMethod.Delete, $"api/v1/groups/{PathSegment.Of(group)}/removed"), cancellation);
        return await ReadAsync<DeletedReplicasAnswer>(response, key: null, cancellation);
    }
}

/// <summary>How far the departure of a silo has come, as the API describes it.</summary>
internal sealed record DecommissioningAnswer(string Silo, long Moved, long Left, bool Leaving);

/// <summary>Of how many replicas there was something, as the API describes it.</summary>
internal sealed record DeletedSetAnswer(string Set, long Replicas);

/// <summary>Of which replicas there was something, as the API describes it.</summary>
internal sealed record DeletedReplicasAnswer(string Group, IReadOnlyList<long> Deleted);
