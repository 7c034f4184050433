using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Serialization;
using OrleansRaft;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Hosting;
using OrleansRaft.ReplicatedGrains.Calls;
using OrleansRaft.ReplicatedGrains.Execution;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;

namespace Orleans.Hosting;

/// <summary>Adds replicated grains to a silo.</summary>
public static class ReplicatedGrainsSiloBuilderExtensions
{
    /// <summary>
    /// Adds a set of groups that keeps replicated grains: <c>silo.AddReplicatedGrains("bank", groups: 64, grains => grains.Add&lt;Account&gt;())</c>.
    /// Callers reach them by <see cref="ReplicatedGrainFactoryExtensions.GetReplicatedGrain{TGrain}(IGrainFactory, string)"/>.
    /// </summary>
    /// <remarks>Every silo of a cluster adds the same sets with the same classes. Classes are tried out when the silo starts.</remarks>
    /// <param name="silo">The silo, after <c>AddRaft</c> or before.</param>
    /// <param name="name">The set's name: 1 to 64 of letters, digits, <c>.</c>, <c>_</c>, <c>-</c>, and neither <c>.</c> nor <c>..</c>.</param>
    /// <param name="groups">How many groups the keys are spread over; fixed when the cluster first starts.</param>
    /// <param name="configure">Adds the classes.</param>
    /// <param name="replicas">How many voters each group starts with, from 1 to 7; fixed likewise.</param>
    /// <exception cref="ArgumentException">The classes cannot be replicated grains, or not of one set; the message says why, and what to
    /// do.</exception>
    public static ISiloBuilder AddReplicatedGrains(
        this ISiloBuilder silo, string name, int groups, Action<ReplicatedGrainSetBuilder> configure, int replicas = 3)
    {
        ArgumentNullException.ThrowIfNull(silo);
        ArgumentNullException.ThrowIfNull(configure);
        if (name == GroupSet.Catalogue)
        {
            throw new ArgumentException($"'{name}' is the name of the set that AddRaftCatalogue adds; choose another name for this "
                + "one.", nameof(name));
        }

        var builder = new ReplicatedGrainSetBuilder();
        configure(builder);
        var set = builder.Build(name);
        var binding = new Lock();
        BoundSet? bound = null;
        silo.Services.AddSingleton(set);
        silo.Services.TryAddSingleton<ReplicatedGrainSets>();
        silo.Services.TryAddSingleton<ICommandCodec<GrainCall>>(
            static services => new GrainCallCodec(services.GetRequiredService<Serializer>(), null));
        silo.Services.TryAddSingleton<ICommandCodec<GrainAnswer>, GrainAnswerCodec>();
        silo.Services.AddSingleton(StateMachineRegistration.Of(
            name,
            groups,
            replicas,
            new StateMachineTypes(typeof(GrainCall), typeof(GrainAnswer), typeof(GrainMachine)),
            services =>
            {
                try
                {
                    lock (binding)
                    {
                        // Whoever makes the first one learns of an interface that is in two sets, too.
                        _ = services.GetRequiredService<ReplicatedGrainSets>();
                        bound ??= new BoundSet(set, services);
                    }
                }
                catch (InvalidOperationException problem)
                {
                    throw new OrleansConfigurationException($"The set '{name}' of replicated grains cannot be used. {problem.Message}", problem);
                }

                return new StateMachineHost<GrainCall, GrainAnswer>(
                    new GrainMachine(bound),
                    new GrainCallCodec(bound.Tools.Serializer, set),
                    services.GetRequiredService<ICommandCodec<GrainAnswer>>()) { Program = set.Program };
            }) with { Parts = [.. PartsOf(set)] });
        StartUpChecks.AddTo(silo.Services);
        return silo;
    }

    private static IEnumerable<SetPart> PartsOf(GrainSet set) =>
        from one in set.Classes
        from type in one.Interfaces
        select new SetPart(type.Name, one.Name, CallMethod.SinceOf(type.Type));
}
