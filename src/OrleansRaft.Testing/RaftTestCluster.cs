using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.TestingHost;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Grains.Faults;
using OrleansRaft.Grains.Replicas;

namespace OrleansRaft.Testing;

/// <summary>
/// A cluster in the process of the tests: real silos, which keep their logs in memory, and a client. Silos can be killed, paused and cut off from
/// each other, and the clock of the groups can be moved.
/// </summary>
public sealed partial class RaftTestCluster : IAsyncDisposable
{
    private const int PageSize = 1_000;

    // Orleans' default takes 19 MB of each silo at its start, and every few silos a collection of the whole process.
    private const int DirectoryCacheSize = 1_000;

    private readonly InProcessTestCluster cluster;
    private readonly RaftTestClusterOptions options;
    private readonly GroupClock clock = new();
    private int made = -1;

    private RaftTestCluster(RaftTestClusterOptions options)
    {
        this.options = options;
        var builder = new InProcessTestClusterBuilder(checked((short)options.Silos));
        builder.Options.ClusterId = options.ClusterId;
        builder.ConfigureSilo((_, silo) => Configure(Interlocked.Increment(ref made), silo));
        builder.ConfigureClient(client => options.ConfigureClient?.Invoke(client));
        cluster = builder.Build();
    }

    /// <summary>The grain factory of a client outside of the silos.</summary>
    public IGrainFactory Client => cluster.Client;

    /// <summary>The silos that run, by their names. What a silo is made of is in its <see cref="InProcessSiloHandle.ServiceProvider"/>.</summary>
    public IReadOnlyList<InProcessSiloHandle> Silos => [.. cluster.GetActiveSilos()];

    /// <summary>Shows the groups of the cluster and changes who leads and who belongs: the service of one of the silos.</summary>
    public IRaftAdmin Admin => Service<IRaftAdmin>(Silos[0]);

    /// <summary>Starts a cluster, and waits until it is ready: every silo has joined, and every group has a leader.</summary>
    /// <param name="configure">Configures each silo, after <c>AddRaft</c>: adds the sets of groups.</param>
    /// <param name="silos">How many silos, at least 1.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="TimeoutException">It was not ready in two minutes; the message says what is missing.</exception>
    public static Task<RaftTestCluster> StartAsync(Action<ISiloBuilder> configure, int silos = 3, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return StartAsync(new RaftTestClusterOptions { Silos = silos, ConfigureSilo = (_, silo) => configure(silo) }, cancellation);
    }

    /// <summary>Starts a cluster, and waits until it is ready: every silo has joined, and every group has a leader.</summary>
    /// <param name="options">What it is made of.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="TimeoutException">It was not ready within <see cref="RaftTestClusterOptions.Patience"/>; the message says what is
    /// missing.</exception>
    public static async Task<RaftTestCluster> StartAsync(RaftTestClusterOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Silos, 1, $"{nameof(options)}.{nameof(options.Silos)}");
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Disks.Count, 1, $"{nameof(options)}.{nameof(options.Disks)}");
        var started = new RaftTestCluster(options);
        try
        {
            await started.cluster.DeployAsync(cancellation);
            await started.WaitUntilReadyAsync(cancellation);
            return started;
        }
        catch
        {
            await started.cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until every silo has joined and caught up, and every group has a leader, as after a silo was killed.</summary>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="TimeoutException">It was not ready within the patience of the options; the message says what is missing.</exception>
    public Task WaitUntilReadyAsync(CancellationToken cancellation = default) => UntilAsync(
        async () =>
        {
            foreach (var silo in Silos)
            {
                if (await Service<IRaftAdmin>(silo).CheckReadinessAsync(cancellation) is { IsReady: false } readiness)
                {
                    return $"{silo.Name}: {readiness.Detail}";
                }
            }

            return (await ListGroupsAsync(cancellation)).Find(static group => group.Leader is null) is { } group
                ? $"{group.Group} has no leader."
                : null;
        },
        cancellation);

    /// <summary>Starts one more silo, and waits until it has joined.</summary>
    public Task<InProcessSiloHandle> StartSiloAsync() => cluster.StartAdditionalSiloAsync();

    /// <summary>Ends a silo without a goodbye, as a crash does. What it had not acknowledged may be lost, and nobody is told.</summary>
    /// <param name="silo">Which.</param>
    public Task KillSiloAsync(InProcessSiloHandle silo) => cluster.KillSiloAsync(silo);

    /// <summary>Stops a silo gracefully: it hands its leaderships over first.</summary>
    /// <param name="silo">Which.</param>
    public Task StopSiloAsync(InProcessSiloHandle silo) => cluster.StopSiloAsync(silo);

    /// <summary>Stops a silo gracefully, and starts one of its name.</summary>
    /// <param name="silo">Which.</param>
    public Task RestartSiloAsync(InProcessSiloHandle silo) => cluster.RestartSiloAsync(silo);

    /// <summary>Waits until a group has a leader, and names its silo.</summary>
    /// <param name="group">The group's name, such as <c>bank-0</c>.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="TimeoutException">Nobody led within the patience of the options.</exception>
    /// <exception cref="ArgumentException">There is no such group.</exception>
    public async Task<InProcessSiloHandle> FindLeaderAsync(string group, CancellationToken cancellation = default)
    {
        InProcessSiloHandle? found = null;
        await UntilAsync(
            async () =>
            {
                var view = await Admin.GetGroupAsync(group, cancellation)
                    ?? throw new ArgumentException(
                        $"The cluster has no group '{group}'; a group is named by its set and number, such as bank-0.", nameof(group));
                var leader = view.Replicas.SingleOrDefault(replica => replica.Replica == view.Leader);
                found = leader is { Snapshot: not null } ? Silos.FirstOrDefault(silo => silo.Name == leader.Silo) : null;
                return found is null ? $"{group} has no leader that answers." : null;
            },
            cancellation);
        return found!;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await cluster.StopAllSilosAsync();
        await cluster.DisposeAsync();
    }

    private static TService Service<TService>(InProcessSiloHandle silo)
        where TService : notnull => silo.ServiceProvider.GetRequiredService<TService>();

    private void Configure(int number, ISiloBuilder silo)
    {
        silo.AddRaft(raft => raft.UseMemory(options.Disks[number % options.Disks.Count]));
        silo.Services.AddSingleton(services => ActivatorUtilities.CreateInstance<ReplicaDrivers>(services, clock));
        silo.Services.Configure<GrainDirectoryOptions>(static directory => directory.CacheSize = DirectoryCacheSize);
        silo.Services.Configure<FaultOptions>(static faults => faults.Enabled = true);
        silo.Services.Configure<RaftOptions>(raft =>
        {
            // Silos that tests stop seldom come back.
            raft.ReturnPatience = TimeSpan.Zero;
            options.ConfigureRaft?.Invoke(raft);
        });
        silo.Services.Configure<StoreTopology>(topology =>
        {
            foreach (var disk in options.Disks.Where(static disk => disk.LocalId.Length > 0))
            {
                topology.LocalStores.Add(disk.LocalId);
            }
        });
        options.ConfigureSilo?.Invoke(number, silo);
    }

    private Task UntilAsync(Func<Task<string?>> missing, CancellationToken cancellation) =>
        Polling.UntilAsync(options.Patience, missing, cancellation);

    private async Task<List<GroupView>> ListGroupsAsync(CancellationToken cancellation)
    {
        var groups = new List<GroupView>();
        string? after = null;
        do
        {
            var page = await Admin.ListGroupsAsync(after, PageSize, cancellation);
            groups.AddRange(page.Groups);
            after = page.Next;
        }
        while (after is not null);

        return groups;
    }
}
