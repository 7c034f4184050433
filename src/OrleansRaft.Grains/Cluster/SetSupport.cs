using OrleansRaft.Core;

namespace OrleansRaft.Grains.Cluster;

/// <summary>What the program of a silo has for one set of groups.</summary>
/// <param name="Set">The set's name.</param>
/// <param name="Kind">The types of its commands and results, by their aliases or names: the same on all silos.</param>
/// <param name="Oldest">The oldest version of the state machine that it supports.</param>
/// <param name="Newest">The newest.</param>
[GenerateSerializer, Immutable, Alias("raft-set-support")]
internal sealed record SetSupport(
    [property: Id(0)] string Set, [property: Id(1)] string Kind, [property: Id(2)] int Oldest, [property: Id(3)] int Newest)
{
    /// <summary>Describes a set.</summary>
    public static SetSupport Of(StateMachineRegistration registration, MachineVersions versions) => new(
        registration.Set.Name, $"{NameOf(registration.Types.Command)} and {NameOf(registration.Types.Result)}", versions.Oldest, versions.Newest);

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
            ? $"the program of this silo supports {Range} of the state machine of the set '{Set}', and the program of silo '{silo}' supports {other.Range}: "
                + "there is none that both could work at. Upgrade through a program that supports versions of both"
        : null;

    private string Range => Oldest == Newest ? $"version {Newest}" : $"versions {Oldest} to {Newest}";

    private static string NameOf(Type type) =>
        type.GetCustomAttributes(typeof(AliasAttribute), inherit: false) is [AliasAttribute { Alias: { } alias }, ..] ? alias : type.ToString();
}

/// <summary>What the program of this silo has for each set, as it was found when the silo started. Any thread.</summary>
internal sealed class OwnSets
{
    private SetSupport[] sets = [];

    /// <summary>The sets.</summary>
    public SetSupport[] All => Volatile.Read(ref sets);

    /// <summary>Takes note of them.</summary>
    public void Note(IEnumerable<SetSupport> found) => Volatile.Write(ref sets, [.. found]);
}
