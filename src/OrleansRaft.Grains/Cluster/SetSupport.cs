using OrleansRaft.Core;

namespace OrleansRaft.Grains.Cluster;

/// <summary>What the program of a silo has for one set of groups.</summary>
/// <param name="Set">The set's name.</param>
/// <param name="Kind">The types of its commands and results, by their aliases or names: the same on all silos.</param>
/// <param name="Oldest">The oldest version of the state machine that it supports.</param>
/// <param name="Newest">The newest.</param>
/// <param name="Parts">What its commands are for, of a set that keeps several things; null for any other, and of a silo that does not say.</param>
[GenerateSerializer, Immutable, Alias("raft-set-support")]
internal sealed record SetSupport(
    [property: Id(0)] string Set,
    [property: Id(1)] string Kind,
    [property: Id(2)] int Oldest,
    [property: Id(3)] int Newest,
    [property: Id(4)] SetPart[]? Parts = null)
{
    /// <summary>Describes a set.</summary>
    public static SetSupport Of(StateMachineRegistration registration, MachineVersions versions) => new(
        registration.Set.Name,
        $"{NameOf(registration.Types.Command)} and {NameOf(registration.Types.Result)}",
        versions.Oldest,
        versions.Newest,
        registration.Parts);

    /// <summary>Whether a version of the state machine is supported.</summary>
    public bool Supports(int version) => version >= Oldest && version <= Newest;

    /// <summary>Why two silos cannot take part in one cluster with this set; null when they can.</summary>
    /// <param name="other">What the other silo has for it.</param>
    /// <param name="silo">The name of the other silo.</param>
    public string? FindConflict(SetSupport other, string silo) =>
        Kind != other.Kind
            ? $"the set '{Set}' has commands and results of the types {Kind} here, and of {other.Kind} on silo '{silo}': one could not read what the "
                + "other writes into the logs. Register the same types on all silos, or give one of the two sets another name"
        : Oldest > other.Newest || other.Oldest > Newest
            ? $"the program of this silo supports {Range} of the state machine of the set '{Set}', and the program of silo '{silo}' supports "
                + $"{other.Range}: there is none that both could work at. Upgrade through a program that supports versions of both"
        : (from part in Parts ?? []
           let told = other.Find(part.Interface)
           where told is not null && told.Class != part.Class
           select $"the set '{Set}' keeps the states of {part.Interface} under the name {part.Class} here, and under {told.Class} on silo '{silo}': "
               + "after the same calls they would hold different states. Give the class that implements the interface the same [Alias] on all silos")
            .FirstOrDefault();

    /// <summary>
    /// What the program of another silo lacks of a set although it supports the version from which on it is there: replicas stop at entries that need
    /// it. Null when it lacks nothing.
    /// </summary>
    /// <param name="other">What the other silo has for the set.</param>
    /// <param name="silo">Its name.</param>
    public string? FindGap(SetSupport other, string silo) => other.Parts is null
        ? null
        : (from part in Parts ?? []
           where other.Supports(part.Since) && other.Find(part.Interface) is null
           select $"the program of silo '{silo}' supports version {part.Since} of the set '{Set}', from which on there is {part.Interface}, but "
               + "lacks it: its replicas would stop at the first call. Add the class to all silos, or, if it is new, mark the interface "
               + $"[Since({other.Newest + 1})]")
            .FirstOrDefault();

    private string Range => Oldest == Newest ? $"version {Newest}" : $"versions {Oldest} to {Newest}";

    private SetPart? Find(string name) => Array.Find(Parts ?? [], part => part.Interface == name);

    private static string NameOf(Type type) =>
        type.GetCustomAttributes(typeof(AliasAttribute), inherit: false) is [AliasAttribute { Alias: { } alias }, ..] ? alias : type.ToString();
}

/// <summary>One kind of replicated grains in a set.</summary>
/// <param name="Interface">The name of the interface in calls.</param>
/// <param name="Class">The name of the class that implements it, under which states are kept.</param>
/// <param name="Since">The version from which on it is there.</param>
[GenerateSerializer, Immutable, Alias("raft-set-part")]
internal sealed record SetPart([property: Id(0)] string Interface, [property: Id(1)] string Class, [property: Id(2)] int Since);

/// <summary>What the program of this silo has for each set, as it was found when the silo started. Any thread.</summary>
internal sealed class OwnSets
{
    private SetSupport[] sets = [];

    /// <summary>The sets.</summary>
    public SetSupport[] All => Volatile.Read(ref sets);

    /// <summary>Takes note of them.</summary>
    public void Note(IEnumerable<SetSupport> found) => Volatile.Write(ref sets, [.. found]);
}
