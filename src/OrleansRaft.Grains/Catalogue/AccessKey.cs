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
