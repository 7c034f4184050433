namespace OrleansRaft.Grains.Catalogue;

/// <summary>What can be asked of the catalogue.</summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.CatalogueCommand")]
internal abstract record CatalogueCommand;

/// <summary>
/// Announces a set of groups. Its replicas get their places in the stores next, and none of them lives before <see cref="FinishSet"/>.
/// </summary>
/// <param name="Name">The set's name.</param>
/// <param name="Groups">How many groups.</param>
/// <param name="Replicas">How many voters each starts with.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.BeginSet")]
internal sealed record BeginSet([property: Id(0)] string Name, [property: Id(1)] int Groups, [property: Id(2)] int Replicas) : CatalogueCommand;

/// <summary>All replicas of an announced set have their places: from now on they live, and a place that is missing was lost.</summary>
/// <param name="Name">The set's name.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.FinishSet")]
internal sealed record FinishSet([property: Id(0)] string Name) : CatalogueCommand;

/// <summary>Deletes a set that no silo is configured with any more. Its name is never used again.</summary>
/// <param name="Name">The set's name.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.DeleteSet")]
internal sealed record DeleteSet([property: Id(0)] string Name) : CatalogueCommand;

/// <summary>Notes who belongs to a group, in the words of its leader.</summary>
/// <param name="Known">What the leader said.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.NoteConfiguration")]
internal sealed record NoteConfiguration([property: Id(0)] KnownConfiguration Known) : CatalogueCommand;

/// <summary>Asks for everything. A query.</summary>
/// <param name="Revision">The revision that is known already, of which nothing is told again; 0 for none.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.ReadCatalogue")]
internal sealed record ReadCatalogue([property: Id(0)] long Revision) : CatalogueCommand;

/// <summary>Changes what is remembered of feature levels, if it is what the caller has read. The answer holds what is remembered then.</summary>
/// <param name="Expected">What the caller has read; null for nothing.</param>
/// <param name="Next">What is to be remembered.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.ChangeLevels")]
internal sealed record ChangeLevels([property: Id(0)] string? Expected, [property: Id(1)] string Next) : CatalogueCommand;

/// <summary>Asks what is remembered of feature levels. A query.</summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.ReadLevels")]
internal sealed record ReadLevels : CatalogueCommand;
