using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Hosting;

/// <summary>Stops a silo that is configured wrongly before it starts, with a sentence that says what is wrong and what to do.</summary>
/// <remarks>
/// What is checked here would otherwise show as replicas that never come to life, in a cluster that is never ready. The state machines of each set
/// are tried out, see <see cref="MachineTrial"/>.
/// </remarks>
internal sealed class StartUpChecks(IEnumerable<StateMachineRegistration> registrations, IServiceProvider services) : IHostedService
{
    /// <summary>
    /// Has the checks made when a host starts, before anything else of it is made: Orleans' own validators come after all its parts, which may lack
    /// something.
    /// </summary>
    public static void AddTo(IServiceCollection services)
    {
        if (services.Any(static service => service.ServiceType == typeof(StartUpChecks)))
        {
            return;
        }

        services.AddSingleton<StartUpChecks>();
        services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(static provider =>
        {
            var checks = provider.GetRequiredService<StartUpChecks>();
            checks.Require();
            return checks;
        }));
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Require()
    {
        var sets = registrations.ToList();
        RequireRaft(sets);
        RequireSets(sets);
        RequireClustering();
        RequireOptions();
        PortChecks.Require(services);
        var (time, logger) = (services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<StartUpChecks>>());
        services.GetRequiredService<OwnSets>().Note(
            sets.Select(set => SetSupport.Of(set, new MachineTrial(set, services, time, logger).Run())).ToList());
    }

    private void RequireRaft(List<StateMachineRegistration> sets)
    {
        if (services.GetService<RaftMarker>() is null)
        {
            throw new OrleansConfigurationException(
                $"The set '{sets[0].Set.Name}' was added, but AddRaft was not called, so that nothing runs it. Call "
                    + "silo.AddRaft(raft => raft.UsePostgreSql(...)) on every silo.");
        }
    }

    private static void RequireSets(List<StateMachineRegistration> sets)
    {
        if (sets.Count == 0)
        {
            throw new OrleansConfigurationException(
                "AddRaft was called, but no set was added, and the sets of a cluster are written down when it first starts. Add one with "
                    + "silo.AddReplicatedGrains(name, groups, grains => grains.Add<...>()), or with AddRaftStateMachine.");
        }

        if (sets.GroupBy(static set => set.Set.Name, StringComparer.Ordinal).FirstOrDefault(static same => same.Count() > 1) is { } twice)
        {
            throw new OrleansConfigurationException(twice.Key == GroupSet.Catalogue
                ? "AddRaftCatalogue was called twice on this silo; call it once."
                : $"The set '{twice.Key}' was added twice, for {string.Join(" and ", twice.Select(static set => set.Types.Machine.Name))}; give each "
                    + "a name of its own, or add all replicated grains of one set in one call.");
        }
    }

    /// <summary>Whoever reads them first would throw; state machines may, in their constructors.</summary>
    private void RequireOptions() => _ = services.GetRequiredService<IOptions<RaftOptions>>().Value;

    private void RequireClustering()
    {
        if (services.GetService<IServiceProviderIsService>()?.IsService(typeof(IMembershipTable)) == false)
        {
            throw new OrleansConfigurationException(
                "No clustering was configured, so that silos cannot find each other. Call silo.UseAdoNetClustering(...), or UseLocalhostClustering() "
                    + "for a single silo on this machine.");
        }
    }
}

/// <summary>Tells that AddRaft was called.</summary>
internal sealed class RaftMarker;
