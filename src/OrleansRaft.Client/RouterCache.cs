using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace OrleansRaft.Client;

/// <summary>
/// Keeps the routers to the sets of groups that a factory reaches: each time Orleans makes a reference of a generic interface, it spells out type
/// names, at several kilobytes of garbage.
/// </summary>
internal static class RouterCache<TCommand, TResult>
{
    private const int NamesMax = 1_024;

    private static readonly ConditionalWeakTable<IGrainFactory, ConcurrentDictionary<string, IRaftRouter<TCommand, TResult>>> Known = [];

    /// <summary>The router to a set: in this very silo without a call, or through whichever silo the caller's factory reaches.</summary>
    public static IRaftRouter<TCommand, TResult> Get(IGrainFactory grains, string name)
    {
        var byName = Known.GetValue(grains, static _ => new ConcurrentDictionary<string, IRaftRouter<TCommand, TResult>>(StringComparer.Ordinal));
        if (byName.TryGetValue(name, out var router))
        {
            return router;
        }

        router = LocalRouters.Find(grains) is { } silo ? silo.Create<TCommand, TResult>(name) : new RemoteRouter<TCommand, TResult>(grains, name);
        return byName.Count < NamesMax ? byName.GetOrAdd(name, router) : router;
    }
}
