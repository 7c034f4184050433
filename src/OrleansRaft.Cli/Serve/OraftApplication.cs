using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Counters.Web;
using OrleansRaft.Lab.Web;
using OrleansRaft.Server;
using OrleansRaft.Server.Access;

namespace OrleansRaft.Cli.Serve;

/// <summary>
/// What <c>oraft</c> serves: the server, with the counters and the lab; and all that concerns the whole application, which is its own.
/// </summary>
internal static class OraftApplication
{
    private const string About = "Linearizable counters on Raft groups, and the groups themselves.";

    /// <summary>Adds the services of all parts.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configuration">Its configuration.</param>
    /// <param name="asksForKeys">Whether requests need an API key.</param>
    public static void AddTo(IServiceCollection services, IConfiguration configuration, bool asksForKeys = false)
    {
        if (asksForKeys)
        {
            services.AddOrleansRaftAccess(configuration, isWholeApplication: true);
        }

        services.AddOrleansRaftServer(configuration, server =>
        {
            server.About = About;
            server.Dashboard = configuration.GetValue($"{RaftServerOptions.SectionName}:{nameof(RaftServerOptions.Dashboard)}", true);
        });
        services.AddRaftLab(configuration);
        services.AddSingleton<IStartupFilter, WholeApplication>();
        OraftTelemetry.AddTo(services, configuration);

        // Two lines of log for every request would cost more than the request; failures are logged by name.
        // A silo that starts is not ready at first, which is not an error; whoever asks is told.
        services.AddLogging(logging => logging
            .AddFilter("Microsoft.AspNetCore", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None));
    }

    /// <summary>Mounts all parts.</summary>
    public static void MapTo(WebApplication app)
    {
        app.MapOrleansRaft();
        app.MapCounters();
        app.MapLab();
    }

    /// <summary>Nothing but <c>oraft</c> answers here, so every error is a problem, and every connection ends with the silo. Outermost.</summary>
    private sealed class WholeApplication : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
            app => next(app.UseOrleansRaftDrain().UseOrleansRaftProblems().Use(TellVersion));

        /// <summary>Whoever says which oraft it is, and is known where keys are asked for, hears which one this is.</summary>
        private static RequestDelegate TellVersion(RequestDelegate next) => context =>
        {
            if (context.Request.Headers.ContainsKey(OraftVersion.Header))
            {
                context.Response.OnStarting(static state =>
                {
                    var response = (HttpResponse)state;
                    if (response.StatusCode is not (StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden))
                    {
                        response.Headers[OraftVersion.Header] = OraftVersion.Own;
                    }

                    return Task.CompletedTask;
                }, context.Response);
            }

            return next(context);
        };
    }
}
