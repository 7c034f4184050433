namespace OrleansRaft.Grains.Catalogue;

/// <summary>Why the catalogue refused a change of keys or limits.</summary>
internal enum AccessRefusal
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>There is no key of that id.</summary>
    UnknownKey,

    /// <summary>Another key has that id.</summary>
    KeyTaken,

    /// <summary>The key was revoked, and never comes back.</summary>
    KeyRevoked,

    /// <summary>A key was added before, so this is not the first.</summary>
    NotFirst,

    /// <summary>Nobody could make keys any more.</summary>
    LastAdmin,

    /// <summary>There are as many as there may be.</summary>
    Full,
}

/// <summary>What the catalogue knows of keys, limits and the audit: as much of it as was asked for.</summary>
/// <param name="Revision">The log index of the last change of keys or limits.</param>
/// <param name="Keys">All keys, by id; null where they were not asked for, or are known.</param>
/// <param name="Limits">The limits of tenants that have their own, by tenant; null likewise.</param>
/// <param name="Audit">Entries of the audit, the latest first; null where they were not asked for.</param>
/// <param name="Refusal">Why a change was refused, and changed nothing.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.AccessContents")]
internal sealed record AccessContents(
    [property: Id(0)] long Revision,
    [property: Id(1)] IReadOnlyList<AccessKey>? Keys = null,
    [property: Id(2)] IReadOnlyList<TenantLimits>? Limits = null,
    [property: Id(3)] IReadOnlyList<AuditEntry>? Audit = null,
    [property: Id(4)] AccessRefusal Refusal = AccessRefusal.None);
