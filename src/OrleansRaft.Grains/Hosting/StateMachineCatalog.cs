using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using OrleansRaft.Runtime.Hosting;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains;

/// <summary>The sets of groups that this silo was configured with.</summary>
internal sealed class StateMachineCatalog(
    IEnumerable<StateMachineRegistration> registrations, IServiceProvider services, IOptions<ClusterOptions> cluster, IOptions<StoreTopology> topology)
{
    private readonly ImmutableSortedDictionary<string, StateMachineRegistration> byName = ByName(registrations);

    /// <summary>The cluster as this silo is configured.</summary>
    public ClusterDefinition Wanted => new(
        cluster.Value.ClusterId,
        [.. byName.Values.Select(registration => registration.Set)],
        topology.Value.Servers,
        [.. topology.Value.LocalStores]);

    /// <summary>Makes the state machine of one replica of a set.</summary>
    /// <exception cref="InvalidOperationException">This silo was not configured with the set.</exception>
    public IStateMachineHost Create(string set) => byName.TryGetValue(set, out var registration)
        ? registration.Create(services)
        : throw new InvalidOperationException($"This silo has no state machine for the set '{set}'; add it with AddRaftStateMachine.");

    private static ImmutableSortedDictionary<string, StateMachineRegistration> ByName(IEnumerable<StateMachineRegistration> registrations)
    {
        var byName = ImmutableSortedDictionary.CreateBuilder<string, StateMachineRegistration>(StringComparer.Ordinal);
        foreach (var registration in registrations)
        {
            if (!byName.TryAdd(registration.Set.Name, registration))
            {
                throw new InvalidOperationException($"The set '{registration.Set.Name}' was added twice; give each AddRaftStateMachine its own name.");
            }
        }

        return byName.ToImmutable();
    }
}
