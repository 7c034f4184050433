namespace OrleansRaft.Grains.Catalogue;

/// <summary>What one tenant may take, where it is not what all may; null in a field for what all may.</summary>
/// <param name="Tenant">Which tenant.</param>
/// <param name="RequestsPerSecond">How many requests a second it may send to one silo, on average.</param>
/// <param name="Burst">How many of them at once.</param>
/// <param name="AtOnce">How many of its requests one silo serves at one time.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.TenantLimits")]
internal sealed record TenantLimits(
    [property: Id(0)] string Tenant, [property: Id(1)] int? RequestsPerSecond, [property: Id(2)] int? Burst, [property: Id(3)] int? AtOnce)
{
    /// <summary>How many idempotency keys it may have remembered at one time by way of one silo, about.</summary>
    [Id(4)]
    public int? IdempotencyKeys { get; init; }

    /// <summary>How many counters, or whatever else it makes, it may have in the cluster.</summary>
    [Id(5)]
    public long? Counters { get; init; }

    /// <summary>How many bytes these may take, in each replica's state.</summary>
    [Id(6)]
    public long? Bytes { get; init; }

    /// <summary>Whether they limit nothing that is not limited for all.</summary>
    public bool IsEmpty => this with { Tenant = "" } == new TenantLimits("", null, null, null);
}
