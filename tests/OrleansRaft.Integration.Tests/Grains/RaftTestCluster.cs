using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.TestingHost;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Client;
using OrleansRaft.Grains.Faults;
using OrleansRaft.Grains.Hosting;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Hosting;
using OrleansRaft.Runtime.Storage.Memory;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>Silos of one process that share a disk in memory, with a set of groups named <c>ledgers</c>.</summary>
public sealed class RaftTestCluster : IAsyncDisposable
{
    public const string Set = "ledgers";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly InProcessTestCluster cluster;

    private RaftTestCluster(InProcessTestCluster cluster) => this.cluster = cluster;

    public IGrainFactory Client => cluster.Client;

    public IReadOnlyList<InProcessSiloHandle> Silos => [.. cluster.GetActiveSilos()];

    public IRaftAdmin Admin => AdminOf(Silos[0]);

    public static async Task<RaftTestCluster> StartAsync(
        int silos = 3,
        int groups = 4,
        int replicas = 3,
        Action<RaftOptions>? options = null,
        MemoryDisk? disk = null,
        Action<int, ISiloBuilder>? configure = null,
        IReadOnlyList<MemoryDisk>? disks = null,
        bool ownDisks = false,
        Action<IClientBuilder>? client = null)
    {
        disk ??= new MemoryDisk();
        var builder = new InProcessTestClusterBuilder((short)silos);
        builder.Options.ClusterId = "ledgers";
        var number = -1;
        builder.ConfigureSilo((_, silo) =>
        {
            var place = Interlocked.Increment(ref number);
            silo.AddRaft(
                raft =>
                    raft.UseMemory(
                        ownDisks ? null
                            : disks is null ? disk
                            : disks[place % disks.Count])).AddRaftStateMachine<LedgerCommand, LedgerResult, Ledger>(Set,
                groups,
                replicas);
            silo.Services.Configure<RaftOptions>(raft =>
            {
                // Silos that tests stop do not come back.
                raft.ReturnPatience = TimeSpan.Zero;
                options?.Invoke(raft);
            });
            silo.Services.Configure<StoreTopology>(topology =>
            {
                foreach (var one in disks ?? [])
                {
                    topology.LocalStores.Add(one.LocalId);
                }
            });
            configure?.Invoke(place, silo);
            silo.Services.AddLogging(logging => logging.AddProvider(new TestOutputLoggerProvider()));
        });
        builder.ConfigureClient(hosted => client?.Invoke(hosted));
        var cluster = new RaftTestCluster(builder.Build());
        try
        {
            await cluster.cluster.DeployAsync();
            await cluster.WaitUntilReadyAsync();
            return cluster;
        }
        catch
        {
            await cluster.cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets tests cut links, as <c>Faults:Enabled</c> does.</summary>
    public static void EnableFaults(ISiloBuilder silo) => silo.Services.Configure<FaultOptions>(static faults => faults.Enabled = true);

    public static IRaftAdmin AdminOf(InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<IRaftAdmin>();

    public static async Task EventuallyAsync(Func<Task<string?>> problem)
    {
        var deadline = DateTime.UtcNow + Patience;
        while (await problem() is { } text)
        {
            if (DateTime.UtcNow > deadline)
            {
                throw new TimeoutException($"after {Patience} still: {text}");
            }

            await Task.Delay(25, TestContext.Current.CancellationToken);
        }
    }

    public RaftGroup<LedgerCommand, LedgerResult> Ledger(string key) => Client.GetRaftGroup<LedgerCommand, LedgerResult>(Set, key);

    public async Task<LedgerResult> AddAsync(string key, long amount, string? requestId = null) =>
        Committed(await Ledger(key).SubmitAsync(new LedgerCommand(amount), requestId)).Value;

    public static Committed<LedgerResult> Committed(Outcome<LedgerResult> outcome) =>
        outcome.ShouldBeOfType<Committed<LedgerResult>>(outcome.ToString());

    public Task WaitUntilReadyAsync() => EventuallyAsync(async () =>
    {
        foreach (var silo in Silos)
        {
            if (await AdminOf(silo).CheckReadinessAsync() is { IsReady: false } readiness)
            {
                return $"{silo.Name}: {readiness.Detail}";
            }
        }

        return (await Admin.ListGroupsAsync(null, 1_000)).Groups.FirstOrDefault(group => group.Leader is null) is { } group
            ? $"{group.Group} has no leader"
            : null;
    });

    public Task WaitUntilSpreadAsync() => EventuallyAsync(async () =>
    {
        foreach (var group in (await Admin.ListGroupsAsync(null, 1_000)).Groups)
        {
            var silos = group.Replicas.Select(replica => replica.Silo).ToList();
            if (silos.Contains(null) || silos.Distinct().Count() != Math.Min(silos.Count, Silos.Count) || group.Leader is null)
            {
                return $"{group.Group} lives on {string.Join(", ", silos.Select(silo => silo ?? "none"))}, leader {group.Leader}";
            }
        }

        return null;
    });

    /// <summary>Waits until no silo leads more than one group more than another: from then on nobody moves leaders for balance.</summary>
    public Task WaitUntilLeadersAreSpreadAsync() => EventuallyAsync(async () =>
    {
        var groups = (await Admin.ListGroupsAsync(null, 1_000)).Groups;
        var led = Silos.ToDictionary(
            silo => silo.Name,
            silo => groups.Count(group => group.Replicas.Any(replica => replica.Replica == group.Leader && replica.Silo == silo.Name)));
        return led.Values.Sum() == groups.Count && led.Values.Max() - led.Values.Min() <= 1
            ? null
            : string.Join(", ", led.Select(silo => $"{silo.Key} leads {silo.Value}"));
    });

    public Task<InProcessSiloHandle> StartSiloAsync() => cluster.StartAdditionalSiloAsync();

    public Task StopSiloAsync(InProcessSiloHandle silo) => cluster.StopSiloAsync(silo);

    /// <summary>Stops a silo in order, and starts one of its name.</summary>
    public Task RestartSiloAsync(InProcessSiloHandle silo) => cluster.RestartSiloAsync(silo);

    public Task KillSiloAsync(InProcessSiloHandle silo) => cluster.KillSiloAsync(silo);

    public async Task<InProcessSiloHandle> FindLeaderSiloAsync(string group)
    {
        var name = (await FindLeaderAsync(group)).Silo;
        return Silos.Single(silo => silo.Name == name);
    }

    public async Task<ReplicaView> FindLeaderAsync(string group)
    {
        ReplicaView? leader = null;
        await EventuallyAsync(async () =>
        {
            var view = (await Admin.GetGroupAsync(group))!;
            leader = view.Replicas.SingleOrDefault(replica => replica.Replica == view.Leader);
            return leader is { Silo: not null, Snapshot: not null } ? null : $"{group} has no leader that answers";
        });
        return leader!;
    }

    public async ValueTask DisposeAsync()
    {
        await cluster.StopAllSilosAsync();
        await cluster.DisposeAsync();
    }
}
