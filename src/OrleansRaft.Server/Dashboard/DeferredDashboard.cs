using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Dashboard;
using Orleans.Runtime;

namespace OrleansRaft.Server;

/// <summary>
/// Orleans' dashboard, which costs next to nothing until somebody looks: only then it gathers all of Orleans' metrics, every second. What it goes on counting
/// meanwhile, it counts less often. The metrics alone are nearly a third of what an idle silo with them costs.
/// </summary>
/// <param name="parts">Makes the dashboard's parts that start with a silo, unless they are held back here.</param>
/// <param name="lifecycle">What they are started with instead.</param>
internal sealed class DeferredDashboard(Func<IEnumerable<object>> parts, SiloLifecycleSubject lifecycle) : ILifecycleParticipant<ISiloLifecycle>
{
    // What is counted are all activations of the silo.
    private static readonly TimeSpan CountingInterval = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private Task? starting;

    /// <summary>Adds the dashboard to a silo.</summary>
    public static void AddTo(IServiceCollection services) => services.AddOrleans(static silo =>
    {
        var present = silo.Services.Count;
        silo.AddDashboard(static options => options.CounterUpdateIntervalMs = (int)CountingInterval.TotalMilliseconds);
        var parts = silo.Services.Skip(present)
            .Where(static service => service.ServiceType == typeof(IHostedService) || service.ServiceType == typeof(ILifecycleParticipant<ISiloLifecycle>))
            .ToList();
        parts.ForEach(part => silo.Services.Remove(part));
        silo.Services.AddSingleton(provider => new DeferredDashboard(
            () => parts.Select(part => part.ImplementationFactory!(provider)),
            new SiloLifecycleSubject(provider.GetRequiredService<ILogger<SiloLifecycleSubject>>())));
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(static provider => provider.GetRequiredService<DeferredDashboard>());
        silo.Services.AddSingleton<DashboardClient>();
        silo.AddGrainService<DashboardService>();
    });

    /// <summary>Maps it; each look is told to all silos.</summary>
    public static RouteGroupBuilder Map(IEndpointRouteBuilder endpoints)
    {
        var client = endpoints.ServiceProvider.GetRequiredService<DashboardClient>();
        return endpoints.MapOrleansDashboard("/dashboard").AddEndpointFilter((context, next) =>
        {
            client.Look();
            return next(context);
        });
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

    private async Task StartPartsAsync(CancellationToken cancellation)
    {
        var made = parts().Distinct().ToList();
        made.OfType<ILifecycleParticipant<ISiloLifecycle>>().ToList().ForEach(part => part.Participate(lifecycle));
        await lifecycle.OnStart(cancellation);
        await Task.WhenAll(made.OfType<IHostedService>().Select(part => part.StartAsync(cancellation)));
    }
}
