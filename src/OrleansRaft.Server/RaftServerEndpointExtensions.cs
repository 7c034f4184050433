using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Dashboard;
using Scalar.AspNetCore;

namespace OrleansRaft.Server;

/// <summary>Mounts the HTTP API into the application that hosts a silo.</summary>
public static class RaftServerEndpointExtensions
{
    private const string Counters = "/api/v1/tenants/{tenant}/counters";
    private const string Counter = Counters + "/{counter}";
    private const string Note = "/api/v1/tenants/{tenant}/note";
    private const string Groups = "/api/v1/groups";
    private const string Lab = "/api/v1/lab";
    private const string Faults = "/api/v1/faults";

    /// <summary>
    /// Maps <c>/api/v1</c>, <c>/health</c>, <c>/metrics</c>, <c>/openapi/v1.json</c> and its page <c>/scalar</c>, Orleans' <c>/dashboard</c>, and the start page <c>/</c>.
    /// Any silo answers any request.
    /// </summary>
    /// <param name="endpoints">The application, after <see cref="RaftServerServiceCollectionExtensions.AddOrleansRaftServer"/>.</param>
    /// <exception cref="InvalidOperationException">The application lacks something that requests would need; the message says what to
    /// add.</exception>
    public static IEndpointRouteBuilder MapOrleansRaft(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var services = endpoints.ServiceProvider;
        MountChecks.Require(services);
        var options = services.GetRequiredService<IOptions<RaftServerOptions>>().Value;
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("OrleansRaft.Server");
        MapCounters(endpoints, services.GetRequiredService<CounterEndpoints>(), logger);
        MapTenants(endpoints, services.GetRequiredService<TenantEndpoints>(), logger);
        MapGroups(endpoints, services.GetRequiredService<GroupEndpoints>(), logger);
        MapMembers(endpoints, services.GetRequiredService<MemberEndpoints>(), logger);
        MapLive(endpoints, services.GetRequiredService<EventEndpoints>(), services.GetRequiredService<FaultEndpoints>(), logger);
        MapLab(endpoints, services.GetRequiredService<LabEndpoints>(), options.Lab, logger);
        MapOperations(endpoints, services.GetRequiredService<HealthEndpoints>(), logger);
        MapDescription(endpoints);
        if (options.Dashboard)
        {
            MountChecks.RequireDashboard(services);
            DeferredDashboard.Map(endpoints).ExcludeFromDescription();
        }

        if (options.StartPage)
        {
            StartPage.Map(endpoints, options.Lab);
        }

        return endpoints;
    }

    private static void MapCounters(IEndpointRouteBuilder endpoints, CounterEndpoints counters, ILogger logger)
    {
        endpoints.Map(HttpMethods.Post, Counter + "/increment", counters.IncrementAsync, ApiOperations.IncrementCounter, logger);
        endpoints.Map(HttpMethods.Get, Counter, counters.GetAsync, ApiOperations.GetCounter, logger);
        endpoints.Map(HttpMethods.Put, Counter, counters.SetAsync, ApiOperations.SetCounter, logger);
        endpoints.Map(HttpMethods.Delete, Counter, counters.DeleteAsync, ApiOperations.DeleteCounter, logger);
        endpoints.Map(HttpMethods.Get, Counters, counters.ListAsync, ApiOperations.ListCounters, logger);
    }

    private static void MapTenants(IEndpointRouteBuilder endpoints, TenantEndpoints tenants, ILogger logger)
    {
        endpoints.Map(HttpMethods.Get, Note, tenants.ReadNoteAsync, ApiOperations.ReadNote, logger);
        endpoints.Map(HttpMethods.Put, Note, tenants.WriteNoteAsync, ApiOperations.WriteNote, logger);
    }

    private static void MapGroups(IEndpointRouteBuilder endpoints, GroupEndpoints groups, ILogger logger)
    {
        endpoints.Map(HttpMethods.Get, Groups, groups.ListAsync, ApiOperations.ListGroups, logger);
        endpoints.Map(HttpMethods.Get, Groups + "/{group}", groups.GetAsync, ApiOperations.GetGroup, logger);
        endpoints.Map(HttpMethods.Get, Groups + "/{group}/log", groups.ReadLogAsync, ApiOperations.ReadLog, logger);
    }

    private static void MapMembers(IEndpointRouteBuilder endpoints, MemberEndpoints members, ILogger logger)
    {
        endpoints.Map(HttpMethods.Post, Groups + "/{group}/leader", members.TransferAsync, ApiOperations.TransferLeadership, logger);
        endpoints.Map(HttpMethods.Post, Groups + "/{group}/members", members.AddAsync, ApiOperations.AddMember, logger);
        endpoints.Map(HttpMethods.Delete, Groups + "/{group}/members", members.RemoveAsync, ApiOperations.RemoveMember, logger);
    }

    private static void MapLive(IEndpointRouteBuilder endpoints, EventEndpoints events, FaultEndpoints faults, ILogger logger)
    {
        endpoints.Map(HttpMethods.Get, "/api/v1/events", events.StreamAsync, ApiOperations.StreamEvents, logger);
        endpoints.Map(HttpMethods.Get, Faults, faults.ListAsync, ApiOperations.ListFaults, logger);
        endpoints.Map(HttpMethods.Post, Faults, faults.BeginAsync, ApiOperations.BeginFault, logger);
        endpoints.Map(HttpMethods.Delete, Faults, faults.HealAllAsync, ApiOperations.HealFaults, logger);
        endpoints.Map(HttpMethods.Delete, Faults + "/{fault}", faults.HealAsync, ApiOperations.HealFault, logger);
    }

    private static void MapLab(IEndpointRouteBuilder endpoints, LabEndpoints lab, bool isOn, ILogger logger)
    {
        endpoints.Map(HttpMethods.Get, Lab, LabEndpoints.Where(isOn, LabEndpoints.ListAsync), ApiOperations.ListScenarios, logger);
        endpoints.Map(HttpMethods.Get, Lab + "/{scenario}", LabEndpoints.Where(isOn, LabEndpoints.GetAsync), ApiOperations.GetScenario, logger);
        endpoints.Map(HttpMethods.Get, Lab + "/{scenario}/recording", LabEndpoints.Where(isOn, lab.PlayAsync), ApiOperations.PlayScenario, logger);
        endpoints.Map(HttpMethods.Post, Lab + "/recordings", LabEndpoints.Where(isOn, lab.PlayPostedAsync), ApiOperations.PlayPosted, logger);
    }

    private static void MapOperations(IEndpointRouteBuilder endpoints, HealthEndpoints health, ILogger logger)
    {
        endpoints.Map(HttpMethods.Get, "/health/live", HealthEndpoints.LiveAsync, ApiOperations.Live, logger);
        endpoints.Map(HttpMethods.Get, "/health/ready", health.ReadyAsync, ApiOperations.Ready, logger);
        endpoints.Map(HttpMethods.Get, "/health/alarms", health.AlarmsAsync, ApiOperations.Alarms, logger);
        endpoints.MapPrometheusScrapingEndpoint("/metrics").WithMetadata(
            new HttpMethodMetadata([HttpMethods.Get]), ((RequestDelegate)HealthEndpoints.LiveAsync).Method, ApiOperations.Metrics);
    }

    private static void MapDescription(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapOpenApi($"/openapi/{{documentName:regex(^{ApiDescription.DocumentName}$)}}.json");
        endpoints.MapScalarApiReference("/scalar", scalar =>
        {
            // Everything the page needs is in the package: it must work where there is no internet, and tell nobody about it.
            scalar.WithTitle("OrleansRaft").AddDocument(ApiDescription.DocumentName).DisableDefaultFonts().DisableTelemetry().DisableAgent().DisableMcp()
                .HideDeveloperTools();
        });
    }

    /// <summary>Maps a handler as it is, without binding by reflection; the method's own metadata is what makes it appear in the description.</summary>
    private static void Map(
        this IEndpointRouteBuilder endpoints, string method, string pattern, RequestDelegate handler, ApiOperation operation, ILogger logger) =>
        endpoints.MapMethods(pattern, [method], Guard.Around(handler, logger)).WithDisplayName(operation.Id).WithMetadata(handler.Method, operation);
}
