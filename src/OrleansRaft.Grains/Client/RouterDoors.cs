using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using OrleansRaft.Grains.Routing;

namespace OrleansRaft.Grains.Client;

/// <summary>Keeps the doors to sets of groups: making a reference of a generic interface spells out type names each time, at several kilobytes of garbage.</summary>
internal static class RouterDoors<TCommand, TResult>
{
    private const int NamesMax = 1_024;

    private static readonly ConditionalWeakTable<IGrainFactory, ConcurrentDictionary<string, IRouterDoor<TCommand, TResult>>> Known = [];

    /// <summary>The door to a set: in this very silo without a call, or through whichever silo the caller's factory reaches.</summary>
    public static IRouterDoor<TCommand, TResult> Get(IGrainFactory grains, string name)
    {
        var byName = Known.GetValue(grains, static _ => new ConcurrentDictionary<string, IRouterDoor<TCommand, TResult>>(StringComparer.Ordinal));
        if (byName.TryGetValue(name, out var door))
        {
            return door;
        }

        door = LocalSilo.Find(grains) is { } services
            ? Router<TCommand, TResult>.Create(services, name)
            : new RemoteDoor<TCommand, TResult>(() => grains.GetGrain<IRaftRouter<TCommand, TResult>>(name), (grains as IClusterClient)?.ServiceProvider);
        return byName.Count < NamesMax ? byName.GetOrAdd(name, door) : door;
    }
}

/// <summary>Tells the grain factories of silos in this process from those of clients.</summary>
internal static class LocalSilo
{
    private static readonly ConditionalWeakTable<IGrainFactory, IServiceProvider> Silos = [];

    /// <summary>A silo's groups are known from now on.</summary>
    public static void Open(IGrainFactory grains, IServiceProvider services) => Silos.AddOrUpdate(grains, services);

    /// <summary>The services of the silo that a factory belongs to; null for a client's.</summary>
    public static IServiceProvider? Find(IGrainFactory grains) => Silos.TryGetValue(grains, out var services) ? services : null;
}
