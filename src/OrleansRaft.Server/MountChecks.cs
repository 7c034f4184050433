using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using OrleansRaft.Counters;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Hosting;

namespace OrleansRaft.Server;

/// <summary>Refuses to mount the API where requests to it could only fail, with a sentence that says what to add.</summary>
internal static class MountChecks
{
    /// <summary>Looks for everything that the endpoints need.</summary>
    /// <exception cref="InvalidOperationException">Something is missing.</exception>
    public static void Require(IServiceProvider services)
    {
        var known = services.GetRequiredService<IServiceProviderIsKeyedService>();
        Require(
            known.IsService(typeof(CounterEndpoints)),
            "its services are missing. Call builder.Services.AddOrleansRaftServer(builder.Configuration) before the application is built.");
        Require(
            known.IsService(typeof(IRaftAdmin)),
            "this application hosts no silo with groups. Call builder.UseOrleans(silo => silo.AddRaft(...).AddRaftCounters()), with clustering and a store, before it is built.");
        Require(
            services.GetServices<StateMachineRegistration>().Any(static set => set.Set.Name == CounterMachine.SetName),
            $"this silo has no set '{CounterMachine.SetName}'. Call silo.AddRaftCounters() on every silo.");
        Require(
            known.IsKeyedService(typeof(IGrainStorage), RaftCountersSiloBuilderExtensions.TenantStorage),
            $"this silo has no grain storage named '{RaftCountersSiloBuilderExtensions.TenantStorage}'. Call silo.AddRaftCounters(), or add a storage of that name.");
    }

    /// <summary>The dashboard is part of the services, which are fixed before options are read.</summary>
    /// <exception cref="InvalidOperationException">It was turned on too late.</exception>
    public static void RequireDashboard(IServiceProvider services) => Require(
        services.GetRequiredService<IServiceProviderIsKeyedService>().IsService(typeof(DashboardClient)),
        $"{RaftServerOptions.SectionName}:{nameof(RaftServerOptions.Dashboard)} was turned on by code that runs too late. Set it in the configuration, or in the callback of AddOrleansRaftServer.");

    private static void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"{nameof(RaftServerEndpointExtensions.MapOrleansRaft)} cannot mount the API: {problem}");
        }
    }
}
