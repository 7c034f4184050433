using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace OrleansRaft.Benchmarks.Plain;

/// <summary>An Orleans client in this process, which finds its silos through PostgreSQL.</summary>
internal static class OrleansClient
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);

    /// <summary>Connects to a cluster, once it has as many silos as it should.</summary>
    /// <param name="postgres">Where the membership is.</param>
    /// <param name="clusterId">The cluster's name.</param>
    /// <param name="silos">How many silos it should have.</param>
    /// <param name="services">Adds to the client's services.</param>
    public static async Task<IHost> ConnectAsync(string postgres, string clusterId, int silos, Action<IServiceCollection>? services = null)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var client = Build(postgres, clusterId, services);
            try
            {
                await client.StartAsync();
                var active = await client.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true);
                if (active.Count >= silos)
                {
                    return client;
                }
            }
            catch (Exception failure) when (clock.Elapsed < Deadline && failure is not OutOfMemoryException)
            {
                // The first silos are still starting.
            }

            await client.StopAsync();
            client.Dispose();
            if (clock.Elapsed > Deadline)
            {
                throw new TimeoutException($"Cluster {clusterId} did not reach {silos} silos within {Deadline.TotalSeconds} s.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(250));
        }
    }

    private static IHost Build(string postgres, string clusterId, Action<IServiceCollection>? services)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.SetMinimumLevel(LogLevel.None);
        services?.Invoke(builder.Services);
        builder.UseOrleansClient(client => client
            .UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", postgres))
            .Configure<ClusterOptions>(options => options.ClusterId = options.ServiceId = clusterId));
        return builder.Build();
    }
}
