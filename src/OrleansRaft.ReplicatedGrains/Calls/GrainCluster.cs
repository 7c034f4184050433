using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Client;
using OrleansRaft.ReplicatedGrains.Execution;

namespace OrleansRaft.ReplicatedGrains.Calls;

/// <summary>The replicated grains that calls reach.</summary>
internal interface IGrainCluster
{
    /// <summary>What calls need.</summary>
    CallTools Tools { get; }

    /// <summary>The set whose groups keep the grains of an interface, by what the silos were configured with; null when none does.</summary>
    ValueTask<string?> FindSetAsync(GrainInterface type);

    /// <summary>The way to the groups of a set.</summary>
    IRaftRouter<GrainCall, GrainAnswer> RouterTo(string set);
}

/// <summary>The replicated grains that a factory reaches: which set has which interface. Any thread.</summary>
internal sealed class GrainCluster : IGrainCluster
{
    private static readonly ConditionalWeakTable<IGrainFactory, GrainCluster> Known = [];

    private readonly IGrainFactory grains;
    private readonly ReplicatedGrainSets? own;
    private readonly ConcurrentDictionary<string, string> sets = new(StringComparer.Ordinal);

    private GrainCluster(IGrainFactory grains)
    {
        this.grains = grains;
        Tools = CallTools.Of(ServicesOf(grains));
        own = Tools.Services.GetService<ReplicatedGrainSets>();
    }

    /// <inheritdoc/>
    public CallTools Tools { get; }

    /// <summary>What a factory reaches.</summary>
    /// <exception cref="InvalidOperationException">It is no factory of Orleans.</exception>
    public static GrainCluster Of(IGrainFactory grains) => Known.GetValue(grains, static one => new GrainCluster(one));

    /// <inheritdoc/>
    public ValueTask<string?> FindSetAsync(GrainInterface type) =>
        own is not null ? new ValueTask<string?>(own.FindSet(type.Name))
        : sets.TryGetValue(type.Name, out var known) ? new ValueTask<string?>(known)
        : AskForSetAsync(type);

    private async ValueTask<string?> AskForSetAsync(GrainInterface type)
    {
        var found = await grains.GetGrain<IReplicatedGrainSetsGrain>(0).FindSet(type.Name);
        return found is null ? null : sets.GetOrAdd(type.Name, found);
    }

    /// <inheritdoc/>
    public IRaftRouter<GrainCall, GrainAnswer> RouterTo(string set) => RouterCache<GrainCall, GrainAnswer>.Get(grains, set);

    /// <summary>Only clients say what their services are; a reference made by any other factory knows them.</summary>
    private static IServiceProvider ServicesOf(IGrainFactory grains) =>
        (grains as IClusterClient)?.ServiceProvider
        ?? (grains.GetGrain<IReplicatedGrainSetsGrain>(GrainId.Create("raft-grain-sets", "0")) is GrainReference reference
            ? SharedOf(reference).ServiceProvider
            : throw new InvalidOperationException(
                $"{grains.GetType().Name} is not a grain factory of Orleans, through which replicated grains are reached; use that of a silo, a "
                    + "grain or a client."));

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Shared")]
    private static extern GrainReferenceShared SharedOf(GrainReference reference);
}

/// <summary>Tells clients which sets of groups a silo has replicated grains in.</summary>
[Alias("raft-grain-sets")]
internal interface IReplicatedGrainSetsGrain : IGrainWithIntegerKey
{
    /// <summary>The set whose groups keep the grains of an interface; null when this silo knows of none.</summary>
    [Alias("find-set")]
    ValueTask<string?> FindSet(string interfaceName);
}
