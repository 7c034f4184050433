using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;
using OrleansRaft.ReplicatedGrains.Calls;
using OrleansRaft.ReplicatedGrains.Execution;

namespace OrleansRaft.Grains.Routing;

/// <summary>Tells clients outside of silos in which set an interface has a class. It keeps nothing.</summary>
[GrainType("raft-grain-sets")]
[StatelessWorker]
[Reentrant]
internal sealed class ReplicatedGrainSetsGrain(IServiceProvider services) : IReplicatedGrainSetsGrain
{
    /// <inheritdoc/>
    public ValueTask<string?> FindSet(string interfaceName) => new(services.GetService<ReplicatedGrainSets>()?.FindSet(interfaceName));
}
