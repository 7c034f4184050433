using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Server.Dashboard;
using OrleansRaft.Server.Groups;

namespace OrleansRaft.Server;

/// <summary>Refuses to mount the API where requests to it could only fail, with a sentence that says what to add.</summary>
internal static class MountChecks
{
    /// <summary>Looks for everything that the endpoints need.</summary>
    /// <exception cref="InvalidOperationException">Something is missing.</exception>
    public static void Require(IServiceProvider services)
    {
        Require(
            services,
            typeof(GroupEndpoints),
            "its services are missing. Call builder.Services.AddOrleansRaftServer(builder.Configuration) before the application is built.");
        Require(
            services,
            typeof(IRaftAdmin),
            "this application hosts no silo with groups. "
                + "Call builder.UseOrleans(silo => silo.AddRaft(...)), with clustering, a store and a state machine, before it is built.");
    }

    /// <summary>The dashboard is part of the services, which are fixed before options are read.</summary>
    /// <exception cref="InvalidOperationException">It was turned on too late.</exception>
    public static void RequireDashboard(IServiceProvider services) => Require(
        services,
        typeof(DashboardClient),
        $"{RaftServerOptions.SectionName}:{nameof(RaftServerOptions.Dashboard)} was turned on by code that runs too late. "
            + "Set it in the configuration, or in the callback of AddOrleansRaftServer.");

    private static void Require(IServiceProvider services, Type needed, string problem)
    {
        if (!services.GetRequiredService<IServiceProviderIsService>().IsService(needed))
        {
            throw new InvalidOperationException($"{nameof(RaftServerEndpointExtensions.MapOrleansRaft)} cannot mount the API: {problem}");
        }
    }
}
