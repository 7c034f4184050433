using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using OrleansRaft.Counters.Web.Tenants;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Server.Groups;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Limits;
using OrleansRaft.Server.Page;

namespace OrleansRaft.Counters.Web;

/// <summary>Mounts the counters into the application that hosts a silo.</summary>
public static class CounterEndpointExtensions
{
    private const string Tenant = "/api/v1/tenants/{tenant}";
    private const string Counters = Tenant + "/counters";
    private const string Counter = Counters + "/{counter}";
    private const string Note = Tenant + "/note";

    /// <summary>Maps <c>/api/v1/tenants</c>, and adds the view of counters to the page.</summary>
    /// <param name="endpoints">The application, with <c>AddOrleansRaftServer</c>, and <c>AddRaftCounters</c> on its silo.</param>
    /// <exception cref="InvalidOperationException">The application lacks something that requests would need; the message says what to
    /// add.</exception>
    public static IEndpointRouteBuilder MapCounters(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        RequireCounters(endpoints.ServiceProvider);
        var grains = endpoints.ServiceProvider.GetRequiredService<IGrainFactory>();
        var services = endpoints.ServiceProvider;
        var membership = services.GetRequiredService<IClusterMembershipService>();
        var quota = new TenantQuota(
            grains,
            services.GetRequiredService<ITenantAllowances>(),
            () => membership.CurrentSnapshot.Members.Values.Count(static member => member.Status == SiloStatus.Active),
            services.GetRequiredService<TimeProvider>());
        var counters = new CounterEndpoints(grains, quota);
        endpoints.MapRaftOperation(HttpMethods.Post, Counter + "/increment", counters.IncrementAsync, CounterOperations.IncrementCounter);
        endpoints.MapRaftOperation(HttpMethods.Get, Counter, counters.GetAsync, CounterOperations.GetCounter);
        endpoints.MapRaftOperation(HttpMethods.Put, Counter, counters.SetAsync, CounterOperations.SetCounter);
        endpoints.MapRaftOperation(HttpMethods.Delete, Counter, counters.DeleteAsync, CounterOperations.DeleteCounter);
        endpoints.MapRaftOperation(HttpMethods.Get, Counters, counters.ListAsync, CounterOperations.ListCounters);
        var tenants = new TenantEndpoints(grains);
        endpoints.MapRaftOperation(HttpMethods.Get, Note, tenants.ReadNoteAsync, CounterOperations.ReadNote);
        endpoints.MapRaftOperation(HttpMethods.Put, Note, tenants.WriteNoteAsync, CounterOperations.WriteNote);
        var deletion = new TenantDeletion(grains, services.GetService<IRaftAccess>(), services.GetRequiredService<ITenantAllowances>());
        endpoints.MapRaftOperation(HttpMethods.Delete, Tenant, deletion.DeleteAsync, CounterOperations.DeleteTenant);
        return endpoints.MapRaftPageView(
            new PageView("counters", typeof(CounterEndpointExtensions).Assembly, "counters.js") { Styles = ["counters.css"] });
    }

    private static void RequireCounters(IServiceProvider services)
    {
        var known = services.GetRequiredService<IServiceProviderIsKeyedService>();
        Require(
            known.IsKeyedService(typeof(IEntryDescriber), CounterMachine.SetName),
            $"this silo has no set '{CounterMachine.SetName}'. Call silo.AddRaftCounters() on every silo.");
        Require(
            known.IsKeyedService(typeof(IGrainStorage), RaftCountersSiloBuilderExtensions.TenantStorage),
            $"this silo has no grain storage named '{RaftCountersSiloBuilderExtensions.TenantStorage}'. "
                + "Call silo.AddRaftCounters(), or add a storage of that name.");
        Require(
            known.IsService(typeof(ITenantAllowances)),
            "the server's services are missing. Call builder.Services.AddOrleansRaftServer(builder.Configuration) before the application is built.");
    }

    private static void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"{nameof(MapCounters)} cannot mount the counters: {problem}");
        }
    }
}
