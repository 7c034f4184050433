using System.Collections.Concurrent;
using System.Linq.Expressions;
using Orleans.Serialization;
using Orleans.Serialization.Configuration;
using OrleansRaft.Client;

namespace OrleansRaft.ReplicatedGrains.Calls;

/// <summary>The proxies that Orleans' generator has made for interfaces of replicated grains. Any thread.</summary>
/// <param name="manifest">Orleans' list of what was generated.</param>
internal sealed class ProxyTypes(TypeManifestOptions manifest)
{
    private readonly ConcurrentDictionary<Type, Func<ReplicatedGrainTarget, object>> makers = new();
    private readonly Dictionary<Type, Type> byInterface = manifest.InterfaceProxies
        .Where(static type => type.IsAssignableTo(typeof(ReplicatedGrainProxy)) && !type.IsGenericType)
        .ToDictionary(MainInterfaceOf);

    /// <summary>Makes a proxy.</summary>
    /// <exception cref="ArgumentException">None was generated for the interface, or a parameter has no serializer.</exception>
    public TGrain Create<TGrain>(ReplicatedGrainTarget target)
        where TGrain : class, IReplicatedGrain
    {
        var maker = MakerOf(Find(typeof(TGrain)));
        try
        {
            return (TGrain)maker(target);
        }
        catch (CodecNotFoundException missing)
        {
            throw new ArgumentException(
                $"{typeof(TGrain).FullName} cannot be called ({missing.Message.TrimEnd('.')}); {Serializers.GrainRemedy}", nameof(TGrain), missing);
        }
    }

    /// <summary>Makes a proxy of the type that another has.</summary>
    public TGrain Create<TGrain>(ReplicatedGrainProxy like, ReplicatedGrainTarget target)
        where TGrain : class, IReplicatedGrain => (TGrain)MakerOf(like.GetType())(target);

    private Type Find(Type type) => byInterface.TryGetValue(type, out var proxy) ? proxy : throw new ArgumentException(
        $"Orleans' generator has made no proxy for {type.FullName}; let the project that declares it reference OrleansRaft.ReplicatedGrains, or "
        + "Microsoft.Orleans.Sdk.",
        nameof(type));

    private Func<ReplicatedGrainTarget, object> MakerOf(Type proxy) => makers.GetOrAdd(proxy, static type =>
    {
        var target = Expression.Parameter(typeof(ReplicatedGrainTarget));
        var constructor = type.GetConstructor([typeof(ReplicatedGrainTarget)])
            ?? throw new InvalidOperationException($"{type.FullName} was not made by the generator of this version of Orleans; build its project "
                + "anew.");
        return Expression.Lambda<Func<ReplicatedGrainTarget, object>>(Expression.New(constructor, target), target).Compile();
    });

    /// <summary>The interface that extends all others that a proxy has.</summary>
    private static Type MainInterfaceOf(Type proxy)
    {
        var all = proxy.GetInterfaces();
        return Array.Find(all, one => Array.TrueForAll(all, other => other.IsAssignableFrom(one)))
            ?? throw new InvalidOperationException($"{proxy.FullName} has no interface that extends all of its interfaces.");
    }
}
