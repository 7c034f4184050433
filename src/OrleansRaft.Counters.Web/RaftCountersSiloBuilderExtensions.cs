using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Newtonsoft.Json.Serialization;
using Orleans.Serialization;
using Orleans.Storage;
using OrleansRaft;
using OrleansRaft.Counters;
using OrleansRaft.Counters.Web;
using OrleansRaft.Counters.Web.Tenants;
using OrleansRaft.Server.Groups;

namespace Orleans.Hosting;

/// <summary>Adds counters to a silo.</summary>
public static class RaftCountersSiloBuilderExtensions
{
    /// <summary>The name of the grain storage in which ordinary grains keep what is known of tenants besides their counters.</summary>
    public const string TenantStorage = "tenants";

    /// <summary>
    /// Adds the set of groups <see cref="CounterMachine.SetName"/> that <see cref="CounterEndpointExtensions.MapCounters"/> serves.
    /// </summary>
    /// <remarks>
    /// Grain storage named <see cref="TenantStorage"/> is in memory, unless the silo adds another of that name, before or afterwards.
    /// </remarks>
    /// <param name="silo">The silo, after <c>AddRaft</c> or before.</param>
    /// <param name="groups">How many groups the counters are spread over; fixed when the cluster first starts.</param>
    /// <param name="replicas">How many voters each group starts with; fixed likewise.</param>
    public static ISiloBuilder AddRaftCounters(this ISiloBuilder silo, int groups = 16, int replicas = 3)
    {
        ArgumentNullException.ThrowIfNull(silo);
        silo.Services.TryAddSingleton<ICommandCodec<CounterCommand>, CounterCommandCodec>();
        silo.Services.TryAddSingleton<ICommandCodec<CounterResult>, CounterResultCodec>();
        silo.Services.TryAddKeyedSingleton<IEntryDescriber, CounterEntryDescriber>(CounterMachine.SetName);
        silo.Services.PostConfigure<OrleansJsonSerializerOptions>(static json => json.JsonSerializerSettings.SerializationBinder =
            new StoredNoteNames(json.JsonSerializerSettings.SerializationBinder ?? new DefaultSerializationBinder()));
        if (!silo.Services.Any(IsTenantStorage))
        {
            silo.AddMemoryGrainStorage(TenantStorage);
        }

        return silo.AddRaftStateMachine<CounterCommand, CounterResult, CounterMachine>(CounterMachine.SetName, groups, replicas);
    }

    private static bool IsTenantStorage(ServiceDescriptor service) =>
        service.IsKeyedService && service.ServiceType == typeof(IGrainStorage) && TenantStorage.Equals(service.ServiceKey);
}
