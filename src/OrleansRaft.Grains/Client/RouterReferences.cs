using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace OrleansRaft.Grains;

/// <summary>Keeps the references to routers: making one of a generic interface spells out type names each time, at several kilobytes of garbage.</summary>
internal static class RouterReferences<TCommand, TResult>
{
    private const int NamesMax = 1_024;

    private static readonly ConditionalWeakTable<IGrainFactory, ConcurrentDictionary<string, IRaftRouter<TCommand, TResult>>> Known = [];

    /// <summary>The router of a set.</summary>
    public static IRaftRouter<TCommand, TResult> Get(IGrainFactory grains, string name)
    {
        var byName = Known.GetValue(grains, static _ => new ConcurrentDictionary<string, IRaftRouter<TCommand, TResult>>(StringComparer.Ordinal));
        if (byName.TryGetValue(name, out var router))
        {
            return router;
        }

        router = grains.GetGrain<IRaftRouter<TCommand, TResult>>(name);
        return byName.Count < NamesMax ? byName.GetOrAdd(name, router) : router;
    }
}
