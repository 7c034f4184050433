using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using OrleansRaft.ReplicatedGrains.Calls;
using OrleansRaft.ReplicatedGrains.Execution;

namespace OrleansRaft.Server.Groups;

/// <summary>Finds who describes the commands of a group.</summary>
/// <param name="services">Where applications have registered their describers, under the names of their sets.</param>
internal sealed class EntryDescribers(IServiceProvider services)
{
    /// <summary>The describer of a group's set; null where the application has none.</summary>
    public IEntryDescriber? Of(string group)
    {
        // The name of a group is its set's and a number.
        var end = group.LastIndexOf('-');
        return end > 0 ? services.GetKeyedService<IEntryDescriber>(group[..end]) ?? OfGrains(group[..end]) : null;
    }

    private ReplicatedGrainDescriber? OfGrains(string set) => services.GetService<ReplicatedGrainSets>()?.Find(set) is { } grains
        ? new ReplicatedGrainDescriber(new GrainCallCodec(services.GetRequiredService<Serializer>(), grains))
        : null;
}
