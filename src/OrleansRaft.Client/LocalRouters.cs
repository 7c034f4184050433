using System.Runtime.CompilerServices;

namespace OrleansRaft.Client;

/// <summary>Makes the routers of a silo, which reach its groups without a grain call.</summary>
internal interface ILocalRouters
{
    /// <summary>Makes the router to a set of groups.</summary>
    IRaftRouter<TCommand, TResult> Create<TCommand, TResult>(string name);
}

/// <summary>Tells the grain factories of silos in this process from those of clients: a silo registers its own when it starts.</summary>
internal static class LocalRouters
{
    private static readonly ConditionalWeakTable<IGrainFactory, ILocalRouters> Silos = [];

    /// <summary>From now on, requests through this factory stay in the silo.</summary>
    public static void Register(IGrainFactory grains, ILocalRouters routers) => Silos.AddOrUpdate(grains, routers);

    /// <summary>What makes the routers of the silo that a factory belongs to; null for a client's factory.</summary>
    public static ILocalRouters? Find(IGrainFactory grains) => Silos.TryGetValue(grains, out var routers) ? routers : null;
}
