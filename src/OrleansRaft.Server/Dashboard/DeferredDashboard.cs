using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Dashboard;
using OrleansRaft.Server.Access;

namespace OrleansRaft.Server.Dashboard;

/// <summary>
/// Orleans' dashboard, which costs next to nothing until somebody looks: only then it gathers all of Orleans' metrics, every second. What it goes on
/// counting meanwhile, it counts less often. The metrics alone are nearly a third of what an idle silo with them costs.
/// </summary>
/// <param name="parts">Makes the dashboard's parts that start with a silo, unless they are held back here.</param>
/// <param name="lifecycle">What they are started with instead.</param>
/// <param name="options">The dashboard's options.</param>
/// <param name="time">The clock.</param>
internal sealed class DeferredDashboard(
    Func<IEnumerable<object>> parts, SiloLifecycleSubject lifecycle, DashboardOptions options, TimeProvider time)
    : ILifecycleParticipant<ISiloLifecycle>
{
    // What a silo counts whether or not anybody looks: all of its activations.
    private static readonly TimeSpan CountingInterval = TimeSpan.FromSeconds(10);

    // What is counted for those that look. Orleans takes no less than a second, and shows zeros until it is over.
    private static readonly TimeSpan CountingIntervalOfViewers = TimeSpan.FromSeconds(1);

    private const string Root = "/dashboard";
    private const string Figures = "DashboardCounters";

    private readonly Lock gate = new();
    private Task? starting;
    private long startedAt;

    /// <summary>Adds the dashboard to a silo.</summary>
    public static void AddTo(IServiceCollection services) => services.AddOrleans(static silo =>
    {
        var present = silo.Services.Count;
        silo.AddDashboard(static options => options.CounterUpdateIntervalMs = (int)CountingInterval.TotalMilliseconds);
        var parts = silo.Services.Skip(present)
            .Where(static service => service.ServiceType == typeof(IHostedService)
                || service.ServiceType == typeof(ILifecycleParticipant<ISiloLifecycle>))
            .ToList();
        parts.ForEach(part => silo.Services.Remove(part));
        silo.Services.AddSingleton(provider => new DeferredDashboard(
            () => parts.Select(part => part.ImplementationFactory!(provider)),
            new SiloLifecycleSubject(provider.GetRequiredService<ILogger<SiloLifecycleSubject>>()),
            provider.GetRequiredService<IOptions<DashboardOptions>>().Value,
            provider.GetRequiredService<TimeProvider>()));
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(static provider => provider.GetRequiredService<DeferredDashboard>());
        silo.Services.AddSingleton<DashboardClient>();
        silo.AddGrainService<DashboardService>();
    });

    /// <summary>
    /// Maps it. Its own routes are made when somebody looks for the first time: making them takes half a second of processor time, a fifth of a
    /// silo's start.
    /// </summary>
    public static IEndpointConventionBuilder Map(IEndpointRouteBuilder endpoints)
    {
        var services = endpoints.ServiceProvider;
        var dashboard = services.GetRequiredService<DeferredDashboard>();
        var client = services.GetRequiredService<DashboardClient>();
        var routes = new Lazy<RequestDelegate>(() => RoutesOf(services));
        return endpoints.Map($"{Root}/{{**path}}", async context =>
        {
            client.Look();
            if (context.Request.Path.Equals($"{Root}/{Figures}", StringComparison.OrdinalIgnoreCase))
            {
                await dashboard.WaitForFiguresAsync(context.RequestAborted);
            }

            // Routing leaves a request alone that has an endpoint.
            context.SetEndpoint(null);
            using var held = HeldRequest.Begin(context);
            await routes.Value(context);
        });
    }

    /// <summary>Waits, after the first look, until the dashboard's grain has counted. Any thread.</summary>
    public async Task WaitForFiguresAsync(CancellationToken cancellation)
    {
        await StartAsync(cancellation);
        var left = CountingIntervalOfViewers - time.GetElapsedTime(Volatile.Read(ref startedAt));
        if (left > TimeSpan.Zero)
        {
            await Task.Delay(left, time, cancellation);
        }
    }

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe(nameof(DeferredDashboard), ServiceLifecycleStage.Active, static _ => Task.CompletedTask, lifecycle.OnStop);

    /// <summary>Starts what was held back, once. Any thread.</summary>
    public Task StartAsync(CancellationToken cancellation)
    {
        lock (gate)
        {
            return starting ??= StartPartsAsync(cancellation);
        }
    }

    private static RequestDelegate RoutesOf(IServiceProvider services)
    {
        var app = new ApplicationBuilder(services);
        app.UseRouting();
        app.UseEndpoints(static endpoints => endpoints.MapOrleansDashboard(Root));
        return app.Build();
    }

    private async Task StartPartsAsync(CancellationToken cancellation)
    {
        // The silo's own counting has read its interval when it started; the grain that counts for viewers reads it now.
        options.CounterUpdateIntervalMs = (int)CountingIntervalOfViewers.TotalMilliseconds;
        var made = parts().Distinct().ToList();
        made.OfType<ILifecycleParticipant<ISiloLifecycle>>().ToList().ForEach(part => part.Participate(lifecycle));
        await lifecycle.OnStart(cancellation);
        await Task.WhenAll(made.OfType<IHostedService>().Select(part => part.StartAsync(cancellation)));
        Volatile.Write(ref startedAt, time.GetTimestamp());
    }
}
