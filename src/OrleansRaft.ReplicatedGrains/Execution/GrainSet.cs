using System.Collections.Immutable;
using System.Text;
using OrleansRaft.Core;
using OrleansRaft.Runtime.Lives;
using StableHash = OrleansRaft.Runtime.Sessions.StableHash;

namespace OrleansRaft.ReplicatedGrains.Execution;

/// <summary>The replicated grains of one set of groups, as a silo was configured with them. Any thread.</summary>
internal sealed class GrainSet
{
    private readonly Dictionary<Type, GrainClass> byInterface = [];
    private readonly Dictionary<string, GrainClass> byName = new(StringComparer.Ordinal);

    /// <summary>Puts classes together.</summary>
    /// <exception cref="ArgumentException">They do not fit together; the message says why, and what to do.</exception>
    public GrainSet(string name, IEnumerable<GrainClass> classes, int? newest, int oldest, bool verifiesCalls)
    {
        (Name, Classes, VerifiesCalls) = (name, [.. classes], verifiesCalls);
        if (Classes.IsEmpty)
        {
            throw Unusable("has no classes; add one with grains => grains.Add<...>().");
        }

        foreach (var one in Classes)
        {
            if (!byName.TryAdd(one.Name, one))
            {
                throw Unusable(byName[one.Name].Type == one.Type
                    ? $"was given {one.Type.FullName} twice; add it once."
                    : $"has two classes of the name {one.Name}: {byName[one.Name].Type.FullName} and {one.Type.FullName}; give each its own "
                        + "[Alias].");
            }

            foreach (var type in one.Interfaces)
            {
                if (!byInterface.TryAdd(type.Type, one))
                {
                    throw Unusable(
                        $"has two classes for {type.Type.FullName}: {byInterface[type.Type].Type.FullName} and {one.Type.FullName}; a call could "
                            + "mean either. "
                        + "Give each its own interface, or its own set.");
                }
            }
        }

        var marked = Classes.MaxBy(static one => one.NewestMark)!;
        Versions = new MachineVersions(oldest, newest ?? marked.NewestMark);
        if (marked.NewestMark > Versions.Newest)
        {
            throw Unusable(
                $"supports versions up to {Versions.Newest}, and something of {marked.Type.FullName} is marked [Since({marked.NewestMark})]; "
                + $"raise it with grains.Versions(newest: {marked.NewestMark}).");
        }
    }

    /// <summary>The set's name.</summary>
    public string Name { get; }

    /// <summary>Its classes.</summary>
    public ImmutableArray<GrainClass> Classes { get; }

    /// <summary>The versions that this program supports.</summary>
    public MachineVersions Versions { get; }

    /// <summary>Whether each call is made twice, to see whether both are the same.</summary>
    public bool VerifiesCalls { get; }

    /// <summary>Tells one program from another, as far as states and calls depend on it.</summary>
    public ulong Program => Classes.Aggregate(ProgramIdentity.Of(typeof(GrainSet)), static (all, one) =>
    {
        all = StableHash.Mix(StableHash.Mix(all, ProgramIdentity.Of(one.Type)), ProgramIdentity.Of(one.State));
        return StableHash.Add(StableHash.Add(all, one.NameBytes), Encoding.UTF8.GetBytes(one.State.FullName!));
    });

    /// <summary>The class that has an interface; null when there is none.</summary>
    public GrainClass? Find(Type type) => byInterface.GetValueOrDefault(type);

    /// <summary>The class of a name; null when there is none.</summary>
    public GrainClass? Find(string name) => byName.GetValueOrDefault(name);

    private ArgumentException Unusable(string why) => new($"The set '{Name}' of replicated grains {why}");
}

/// <summary>All sets of replicated grains of a silo.</summary>
internal sealed class ReplicatedGrainSets
{
    private readonly Dictionary<string, GrainSet> byInterface = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GrainSet> byName = new(StringComparer.Ordinal);

    /// <exception cref="InvalidOperationException">Two sets have one interface.</exception>
    public ReplicatedGrainSets(IEnumerable<GrainSet> sets)
    {
        foreach (var set in sets)
        {
            byName.TryAdd(set.Name, set);
            foreach (var type in set.Classes.SelectMany(static one => one.Interfaces))
            {
                if (!byInterface.TryAdd(type.Name, set))
                {
                    throw new InvalidOperationException(
                        $"The interface {type.Type.FullName} ('{type.Name}') has a class in the set '{byInterface[type.Name].Name}' and one in "
                            + $"'{set.Name}', so "
                        + "that a call could mean either; add the class to one set.");
                }
            }
        }
    }

    /// <summary>The name of the set that has an interface; null when none has.</summary>
    public string? FindSet(string interfaceName) => byInterface.GetValueOrDefault(interfaceName)?.Name;

    /// <summary>A set; null when it has no replicated grains.</summary>
    public GrainSet? Find(string name) => byName.GetValueOrDefault(name);
}
