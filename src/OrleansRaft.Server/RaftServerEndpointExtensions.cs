using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Grains.Levels;
using OrleansRaft.Server.Access;
using OrleansRaft.Server.Audit;
using OrleansRaft.Server.Backup;
using OrleansRaft.Server.Dashboard;
using OrleansRaft.Server.Description;
using OrleansRaft.Server.Events;
using OrleansRaft.Server.Faults;
using OrleansRaft.Server.Groups;
using OrleansRaft.Server.Health;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Levels;
using OrleansRaft.Server.Limits;
using OrleansRaft.Server.Page;
using OrleansRaft.Server.Silos;
using OrleansRaft.Server.Telemetry;

namespace OrleansRaft.Server;

/// <summary>Mounts the HTTP API into the application that hosts a silo.</summary>
public static class RaftServerEndpointExtensions
{
    private const string Groups = "/api/v1/groups";
    private const string Group = Groups + "/{group}";
    private const string Faults = "/api/v1/faults";
    private const string Cluster = "/api/v1/cluster";
    private const string Keys = "/api/v1/keys";
    private const string Limits = "/api/v1/tenants/{tenant}/limits";
    private const string Session = "/api/v1/session";

    /// <summary>
    /// Maps <c>/api/v1/groups</c>, <c>/api/v1/sets</c>, <c>/api/v1/cluster</c>, <c>/api/v1/events</c>, <c>/api/v1/faults</c>, <c>/api/v1/backup</c>
    /// and
    /// <c>/health</c>; and where they are wanted, the page <c>/</c>, the description <c>/openapi/v1.json</c> with its page <c>/scalar</c>, Orleans'
    /// <c>/dashboard</c>, and <c>/metrics</c>. Any silo answers any request.
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
        var page = services.GetRequiredService<PageViews>();
        MapGroups(
            endpoints,
            services.GetRequiredService<GroupEndpoints>(),
            services.GetRequiredService<MemberEndpoints>(),
            services.GetRequiredService<SiloEndpoints>());
        endpoints.MapRaftOperation(
            HttpMethods.Delete, "/api/v1/sets/{set}", services.GetRequiredService<SetEndpoints>().DeleteAsync, SetOperations.DeleteSet);
        MapEvents(endpoints, services.GetRequiredService<EventEndpoints>(), services.GetRequiredService<FaultEndpoints>());
        MapHealth(endpoints, services.GetRequiredService<HealthEndpoints>());
        endpoints.MapRaftOperation(
            HttpMethods.Post, "/api/v1/backup", services.GetRequiredService<BackupEndpoints>().CreateAsync, BackupOperations.CreateBackup);
        MapLevels(endpoints);
        MapAccess(endpoints);
        if (options.OpenApi)
        {
            DescriptionPages.Map(endpoints);
            page.AddLink("scalar");
        }

        if (options.Dashboard)
        {
            MountChecks.RequireDashboard(services);
            RaftAccess.Require(DeferredDashboard.Map(endpoints).ExcludeFromDescription(), endpoints, AccessRole.Operator);
            page.AddLink("dashboard");
        }

        if (services.GetService<MetricsEndpoint>() is not null)
        {
            MetricsEndpoint.Map(endpoints);
            page.AddLink("metrics");
        }

        if (options.StartPage)
        {
            StartPage.Map(endpoints, page);
        }

        return endpoints;
    }

    private static void MapGroups(IEndpointRouteBuilder endpoints, GroupEndpoints groups, MemberEndpoints members, SiloEndpoints silos)
    {
        endpoints.MapRaftOperation(HttpMethods.Get, Groups, groups.ListAsync, GroupOperations.ListGroups);
        endpoints.MapRaftOperation(HttpMethods.Get, Group, groups.GetAsync, GroupOperations.GetGroup);
        endpoints.MapRaftOperation(HttpMethods.Get, Group + "/log", groups.ReadLogAsync, GroupOperations.ReadLog);
        endpoints.MapRaftOperation(HttpMethods.Post, Group + "/compare", groups.CompareAsync, GroupOperations.CompareGroup);
        endpoints.MapRaftOperation(HttpMethods.Post, Group + "/leader", members.TransferAsync, GroupOperations.TransferLeadership);
        endpoints.MapRaftOperation(HttpMethods.Post, Group + "/skip", members.SkipAsync, GroupOperations.SkipEntry);
        endpoints.MapRaftOperation(HttpMethods.Post, Group + "/version", members.RaiseAsync, GroupOperations.RaiseVersion);
        endpoints.MapRaftOperation(HttpMethods.Post, Group + "/members", members.AddAsync, GroupOperations.AddMember);
        endpoints.MapRaftOperation(HttpMethods.Delete, Group + "/members", members.RemoveAsync, GroupOperations.RemoveMember);
        endpoints.MapRaftOperation(HttpMethods.Delete, Group + "/removed", members.DeleteRemovedAsync, GroupOperations.DeleteRemoved);
        endpoints.MapRaftOperation(HttpMethods.Post, "/api/v1/silos/{silo}/decommission", silos.DecommissionAsync, SiloOperations.Decommission);
    }

    private static void MapEvents(IEndpointRouteBuilder endpoints, EventEndpoints events, FaultEndpoints faults)
    {
        endpoints.MapRaftOperation(HttpMethods.Get, "/api/v1/events", events.StreamAsync, EventOperations.StreamEvents);
        endpoints.MapRaftOperation(HttpMethods.Get, Faults, faults.ListAsync, FaultOperations.ListFaults);
        endpoints.MapRaftOperation(HttpMethods.Post, Faults, faults.BeginAsync, FaultOperations.BeginFault);
        endpoints.MapRaftOperation(HttpMethods.Delete, Faults, faults.HealAllAsync, FaultOperations.HealFaults);
        endpoints.MapRaftOperation(HttpMethods.Delete, Faults + "/{fault}", faults.HealAsync, FaultOperations.HealFault);
    }

    private static void MapAccess(IEndpointRouteBuilder endpoints)
    {
        if (endpoints.ServiceProvider.GetService<IRaftAccess>() is { } catalogue)
        {
            var keys = new KeyEndpoints(catalogue, endpoints.ServiceProvider, endpoints.ServiceProvider.GetRequiredService<TimeProvider>());
            endpoints.MapRaftOperation(HttpMethods.Get, Keys, keys.ListAsync, AccessOperations.ListKeys);
            endpoints.MapRaftOperation(HttpMethods.Post, Keys, keys.CreateAsync, AccessOperations.CreateKey);
            endpoints.MapRaftOperation(HttpMethods.Delete, Keys + "/{key}", keys.RevokeAsync, AccessOperations.RevokeKey);
            var limits = new LimitEndpoints(catalogue, endpoints.ServiceProvider.GetRequiredService<TenantLimiter>());
            endpoints.MapRaftOperation(HttpMethods.Get, Limits, limits.GetAsync, LimitOperations.GetLimits);
            endpoints.MapRaftOperation(HttpMethods.Put, Limits, limits.SetAsync, LimitOperations.SetLimits);
            endpoints.MapRaftOperation(HttpMethods.Delete, Limits, limits.ClearAsync, LimitOperations.ClearLimits);
            endpoints.MapRaftOperation(HttpMethods.Get, "/api/v1/audit", new AuditEndpoints(catalogue).ListAsync, AuditOperations.ReadAudit);
        }

        if (endpoints.ServiceProvider.GetService<RaftAccess>() is not null)
        {
            endpoints.MapRaftOperation(HttpMethods.Get, Session, SessionEndpoints.GetAsync, AccessOperations.GetSession);
            endpoints.MapRaftOperation(HttpMethods.Post, Session, SessionEndpoints.BeginAsync, AccessOperations.BeginSession);
            endpoints.MapRaftOperation(HttpMethods.Delete, Session, SessionEndpoints.EndAsync, AccessOperations.EndSession);
        }
    }

    private static void MapLevels(IEndpointRouteBuilder endpoints)
    {
        if (endpoints.ServiceProvider.GetService<IRaftLevels>() is { } known)
        {
            var levels = new LevelEndpoints(known);
            endpoints.MapRaftOperation(HttpMethods.Get, Cluster + "/versions", levels.GetAsync, LevelOperations.GetVersions);
            endpoints.MapRaftOperation(HttpMethods.Post, Cluster + "/finalize", levels.FinalizeAsync, LevelOperations.Finalize);
        }
    }

    private static void MapHealth(IEndpointRouteBuilder endpoints, HealthEndpoints health)
    {
        endpoints.MapRaftOperation(HttpMethods.Get, "/health/live", HealthEndpoints.LiveAsync, HealthOperations.Live);
        endpoints.MapRaftOperation(HttpMethods.Get, "/health/ready", health.ReadyAsync, HealthOperations.Ready);
        endpoints.MapRaftOperation(HttpMethods.Get, "/health/alarms", health.AlarmsAsync, HealthOperations.Alarms);
    }
}
