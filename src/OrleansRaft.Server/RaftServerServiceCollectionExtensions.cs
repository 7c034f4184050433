using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Dashboard;
using OrleansRaft.Grains.Hosting;

namespace OrleansRaft.Server;

/// <summary>Adds the services of the HTTP API.</summary>
public static class RaftServerServiceCollectionExtensions
{
    /// <summary>Adds what <see cref="RaftServerEndpointExtensions.MapOrleansRaft"/> needs: the API, its description, health checks, telemetry and Orleans' dashboard.</summary>
    /// <param name="services">The services of an application that hosts a silo.</param>
    /// <param name="configuration">The application's configuration; the section <c>Raft:Server</c> and OpenTelemetry's own settings are read.</param>
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

        services.AddSingleton<CounterEndpoints>();
        services.AddSingleton<TenantEndpoints>();
        services.AddSingleton<GroupEndpoints>();
        services.AddSingleton<MemberEndpoints>();
        services.AddSingleton<GroupJson>();
        services.AddSingleton<EventEndpoints>();
        services.AddSingleton<FaultEndpoints>();
        services.AddSingleton<LabEndpoints>();
        services.AddSingleton<HealthEndpoints>();
        services.AddSingleton<IStartupFilter, LastAnswers>();
        services.AddSingleton<IStartupFilter, EmptyErrorsBecomeProblems>();
        services.AddHostedService<DrainBeforeClosing>();
        services.AddHealthChecks().AddCheck<RaftReadinessCheck>(RaftReadinessCheck.Name, HealthStatus.Unhealthy, [RaftReadinessCheck.Tag]);
        services.AddOpenApi(ApiDescription.DocumentName, ApiDescription.Configure);
        if (IsDashboardWanted(configuration, configure))
        {
            DeferredDashboard.AddTo(services);
        }

        services.AddTelemetry(configuration);

        // Two lines of log for every request would cost more than the request; failures are logged by name.
        // A silo that starts is not ready at first, which is no error; who asks is told.
        services.AddLogging(logging => logging
            .AddFilter("Microsoft.AspNetCore", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None));
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
