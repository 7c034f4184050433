using System.Collections.Concurrent;
using Orleans.Runtime.Services;
using Orleans.Services;
using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.Transport;

/// <summary>Reaches a service of other silos by their addresses, without a directory. Any thread.</summary>
/// <typeparam name="TService">Which service; every concern has its own.</typeparam>
/// <remarks>Every call and every batch to another silo passes here: this is the one place where a link that is cut stops them.</remarks>
internal sealed class SiloClient<TService>(
    IServiceProvider services, ILinkFaults links, ClusterMembership silos) : GrainServiceClient<TService>(services)
    where TService : IGrainService
{
    private readonly ConcurrentDictionary<SiloAddress, TService> known = new();

    /// <summary>The service of a silo. Makes no call.</summary>
    /// <exception cref="LinkCutException">A fault cuts the link.</exception>
    public TService Reach(SiloAddress silo) => links.IsCut(silo) ? throw new LinkCutException(silos.NameOf(silo)) : ReachPastFaults(silo);

    /// <summary>The same past links that are cut, for those who watch the cluster from outside, and who break and mend its links.</summary>
    public TService ReachPastFaults(SiloAddress silo) => known.TryGetValue(silo, out var service) ? service : Add(silo);

    private TService Add(SiloAddress silo)
    {
        foreach (var (other, _) in known)
        {
            if (silos.IsDead(other))
            {
                known.TryRemove(other, out _);
            }
        }

        return known.GetOrAdd(silo, GetGrainService(silo));
    }
}
