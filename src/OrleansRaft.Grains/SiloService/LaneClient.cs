using System.Collections.Concurrent;
using Orleans.Runtime.Services;

namespace OrleansRaft.Grains.SiloService;

/// <summary>Reaches the lane service of a silo by its address.</summary>
internal sealed class LaneClient(IServiceProvider services) : GrainServiceClient<IRaftLaneService>(services)
{
    private readonly ConcurrentDictionary<SiloAddress, IRaftLaneService> known = new();

    /// <summary>The lane service of a silo. Makes no call.</summary>
    public IRaftLaneService Get(SiloAddress silo) => known.TryGetValue(silo, out var service) ? service : known.GetOrAdd(silo, GetGrainService(silo));

    /// <summary>Forgets a silo that is gone.</summary>
    public void Forget(SiloAddress silo) => known.TryRemove(silo, out _);
}
