namespace OrleansRaft.Grains.Catalogue;

/// <summary>An API key as the catalogue knows it: never the key itself.</summary>
/// <param name="Id">Its public part, by which it is named.</param>
/// <param name="Name">Whose or what for, in the words of whoever made it.</param>
/// <param name="Hash">SHA-256 of its secret part: 32 bytes.</param>
/// <param name="Role">What its bearer may do.</param>
/// <param name="Tenants">The tenants whose data it is for; empty for all, and for everything else that the role allows.</param>
/// <param name="CreatedAt">When it was made, by the clock of the silo that was asked; whole milliseconds.</param>
/// <param name="CreatedBy">Who made it.</param>
/// <param name="ExpiresAt">From when on it is worth nothing; null for never.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.AccessKey")]
internal sealed record AccessKey(
    [property: Id(0)] string Id,
    [property: Id(1)] string Name,
    [property: Id(2)] ReadOnlyMemory<byte> Hash,
    [property: Id(3)] AccessRole Role,
    [property: Id(4)] IReadOnlyList<string> Tenants,
    [property: Id(5)] DateTimeOffset CreatedAt,
    [property: Id(6)] string CreatedBy,
    [property: Id(7)] DateTimeOffset? ExpiresAt)
{
    /// <summary>When it was revoked; null while it is in force. A key that was revoked never comes back.</summary>
    [Id(8)]
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>Who revoked it.</summary>
    [Id(9)]
    public string RevokedBy { get; init; } = "";
}

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

/// <summary>A change that a person made, or tried to make.</summary>
/// <param name="Number">Its number in the audit: one more than the one before. Zero while it has none.</param>
/// <param name="Time">When, by the clock of the silo that was asked; whole milliseconds.</param>
/// <param name="Who">The name of the key and its id, or the subject of a token.</param>
/// <param name="From">The address that it came from.</param>
/// <param name="What">What was asked for.</param>
/// <param name="Result">What became of it: the status of the answer, and the type of the problem if there was one.</param>
/// <param name="Silo">The silo that was asked.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.AuditEntry")]
internal sealed record AuditEntry(
    [property: Id(0)] long Number,
    [property: Id(1)] DateTimeOffset Time,
    [property: Id(2)] string Who,
    [property: Id(3)] string From,
    [property: Id(4)] string What,
    [property: Id(5)] string Result,
    [property: Id(6)] string Silo);
