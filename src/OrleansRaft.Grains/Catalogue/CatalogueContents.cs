namespace OrleansRaft.Grains.Catalogue;

/// <summary>What the catalogue holds.</summary>
/// <param name="Revision">The log index of its last change: grows with each.</param>
/// <param name="Sets">The sets of groups that were added after the cluster first started, in the order in which they were announced.</param>
/// <param name="Configurations">The members of every group whose members ever changed, by the groups' names.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.CatalogueContents")]
internal sealed record CatalogueContents(
    [property: Id(0)] long Revision,
    [property: Id(1)] IReadOnlyList<FurtherSet> Sets,
    [property: Id(2)] IReadOnlyList<KnownConfiguration> Configurations)
{
    /// <summary>Nothing yet.</summary>
    public static CatalogueContents Empty { get; } = new(0, [], []);

    /// <summary>What was asked of keys, limits and the audit; null where nothing was.</summary>
    [Id(3)]
    public AccessContents? Access { get; init; }

    /// <summary>What is remembered of feature levels, where that was asked for; null for nothing.</summary>
    [Id(4)]
    public string? Levels { get; init; }

    /// <summary>An answer that is of keys, limits and the audit alone.</summary>
    internal static CatalogueContents Of(AccessContents access) => Empty with { Access = access };
}

/// <summary>A set of groups that was added after the cluster first started.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Groups">How many groups.</param>
/// <param name="Replicas">How many voters each starts with.</param>
/// <param name="IsCreated">Whether all its replicas have their places in the stores; before, none of them lives.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.FurtherSet")]
internal sealed record FurtherSet(
    [property: Id(0)] string Name, [property: Id(1)] int Groups, [property: Id(2)] int Replicas, [property: Id(3)] bool IsCreated)
{
    /// <summary>Whether it was deleted: it has no groups any more, and its name is not used again.</summary>
    [Id(4)]
    public bool IsDeleted { get; init; }
}

/// <summary>Who belonged to a group when its leader last said so. A hint of where to look: the group's own log decides.</summary>
/// <param name="Group">The group's name.</param>
/// <param name="Term">The leader's term.</param>
/// <param name="Version">The version of the configuration.</param>
/// <param name="Configuration">The configuration, as <see cref="Core.Codec.ConfigurationCodec"/> writes it.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.KnownConfiguration")]
internal sealed record KnownConfiguration(
    [property: Id(0)] string Group, [property: Id(1)] long Term, [property: Id(2)] long Version, [property: Id(3)] ReadOnlyMemory<byte> Configuration)
{
    /// <summary>Whether this was said later than another.</summary>
    internal bool IsNewerThan(KnownConfiguration other) => (Term, Version).CompareTo((other.Term, other.Version)) > 0;
}
