using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansRaft.Grains.Hosting;
using OrleansRaft.Server.Audit;
using OrleansRaft.Server.Backup;
using OrleansRaft.Server.Dashboard;
using OrleansRaft.Server.Description;
using OrleansRaft.Server.Events;
using OrleansRaft.Server.Faults;
using OrleansRaft.Server.Groups;
using OrleansRaft.Server.Health;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Limits;
using OrleansRaft.Server.Page;
using OrleansRaft.Server.Silos;

namespace OrleansRaft.Server;

/// <summary>Adds the services of the HTTP API.</summary>
public static class RaftServerServiceCollectionExtensions
{
    /// <summary>
    /// Adds what <see cref="RaftServerEndpointExtensions.MapOrleansRaft"/> needs: the API, its description, the page, the health check <c>raft</c>,
    /// and, where it is wanted, Orleans' dashboard. When the application stops, the silo hands its leaderships over first. Nothing else of the
    /// application changes: neither what it logs and measures, nor how its other endpoints answer.
    /// </summary>
    /// <param name="services">The services of an application that hosts a silo.</param>
    /// <param name="configuration">The application's configuration; the section <c>Raft:Server</c> is read.</param>
    /// <param name="configure">Changes options after the configuration.</param>
    public static IServiceCollection AddOrleansRaftServer(
        this IServiceCollection services, IConfiguration configuration, Action<RaftServerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        services.BindBeneath<RaftServerOptions>(configuration.GetSection(RaftServerOptions.SectionName));
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.AddSingleton<GroupEndpoints>();
        services.AddSingleton<MemberEndpoints>();
        services.AddSingleton<SiloEndpoints>();
        services.AddSingleton<SetEndpoints>();
        services.AddSingleton<BackupEndpoints>();
        services.AddSingleton<GroupJson>();
        services.AddSingleton<LogJson>();
        services.AddSingleton<EntryDescribers>();
        services.AddSingleton<EntryTexts>();
        services.AddSingleton<EventEndpoints>();
        services.AddSingleton<FaultEndpoints>();
        services.AddSingleton<HealthEndpoints>();
        services.AddSingleton<PageViews>();
        services.TryAddSingleton(TimeProvider.System);
        services.BindBeneath<TenantLimitOptions>(configuration.GetSection(TenantLimitOptions.SectionName));
        services.AddOptions<TenantLimitOptions>()
            .Validate(
                static limits => limits is
                {
                    RequestsPerSecond: >= 0, Burst: >= 0, AtOnce: >= 0, IdempotencyKeys: >= 0, Counters: >= 0, Bytes: >= 0, Watchers: >= 0,
                },
                $"{TenantLimitOptions.SectionName}: RequestsPerSecond, Burst, AtOnce, IdempotencyKeys, Counters, Bytes and Watchers must be 0, which "
                    + "is no limit, or more.")
            .ValidateOnStart();
        services.AddSingleton<TenantLimiter>();
        services.AddSingleton<WatcherCounts>();
        services.AddSingleton<ITenantAllowances>(static provider => provider.GetRequiredService<TenantLimiter>());
        services.AddSingleton<AuditTrail>();
        services.AddHostedService(static provider => provider.GetRequiredService<AuditTrail>());
        services.AddHostedService<DrainBeforeClosing>();
        services.AddHealthChecks().AddCheck<RaftReadinessCheck>(RaftReadinessCheck.Name, HealthStatus.Unhealthy, [RaftReadinessCheck.Tag]);
        services.AddOpenApi(OperationEndpointExtensions.DescriptionGroup, ApiDescription.Configure);
        if (IsDashboardWanted(configuration, configure))
        {
            DeferredDashboard.AddTo(services);
        }

        return services;
    }

    private static bool IsDashboardWanted(IConfiguration configuration, Action<RaftServerOptions>? configure)
    {
        var options = new RaftServerOptions();
        configuration.GetSection(RaftServerOptions.SectionName).Bind(options);
        configure?.Invoke(options);
        return options.Dashboard;
    }
}
