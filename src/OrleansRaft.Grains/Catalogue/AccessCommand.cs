namespace OrleansRaft.Grains.Catalogue;

/// <summary>What can be asked of that part of the catalogue which knows who may do what, and who did.</summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.AccessCommand")]
internal abstract record AccessCommand : CatalogueCommand;

/// <summary>Adds a key. One whose id is there already stays as it is, and is no refusal if it is the same key and in force.</summary>
/// <param name="Key">The key.</param>
/// <param name="OnlyFirst">Whether it is refused where a key was ever added.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.AddAccessKey")]
internal sealed record AddAccessKey([property: Id(0)] AccessKey Key, [property: Id(1)] bool OnlyFirst) : AccessCommand;

/// <summary>Revokes a key, for ever.</summary>
/// <param name="Key">Its id.</param>
/// <param name="Time">When.</param>
/// <param name="By">Who does it.</param>
/// <param name="Force">Whether the last key of an admin may be revoked, too.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.RevokeAccessKey")]
internal sealed record RevokeAccessKey(
    [property: Id(0)] string Key, [property: Id(1)] DateTimeOffset Time, [property: Id(2)] string By, [property: Id(3)] bool Force) : AccessCommand;

/// <summary>Sets what a tenant may take. Limits that all are null are no limits of its own.</summary>
/// <param name="Limits">The limits.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.SetTenantLimits")]
internal sealed record SetTenantLimits([property: Id(0)] TenantLimits Limits) : AccessCommand;

/// <summary>Writes into the audit. The oldest entries give way.</summary>
/// <param name="Entries">The entries; their numbers are given here.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.NoteAudit")]
internal sealed record NoteAudit([property: Id(0)] IReadOnlyList<AuditEntry> Entries) : AccessCommand;

/// <summary>Asks for all keys and limits. A query.</summary>
/// <param name="Revision">The revision that is known already, of which nothing is told again; -1 for none.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.ReadAccess")]
internal sealed record ReadAccess([property: Id(0)] long Revision) : AccessCommand;

/// <summary>Asks for a part of the audit, the latest first. A query.</summary>
/// <param name="Before">The number before which to begin; 0 for the end.</param>
/// <param name="Limit">The most to answer with.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.ReadAudit")]
internal sealed record ReadAudit([property: Id(0)] long Before, [property: Id(1)] int Limit) : AccessCommand;
