using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.TestingHost;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Grains.Faults;
using OrleansRaft.PostgreSql;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.Hosting;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Testing;
using Shipped = OrleansRaft.Testing.RaftTestCluster;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>A cluster as users' tests have it, with a set of groups named <c>ledgers</c>.</summary>
public sealed class RaftTestCluster : IAsyncDisposable
{
    public const string Set = "ledgers";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Shipped cluster;

    private RaftTestCluster(Shipped cluster) => this.cluster = cluster;

    public IGrainFactory Client => cluster.Client;

    public IReadOnlyList<InProcessSiloHandle> Silos => cluster.Silos;

    public IRaftAdmin Admin => cluster.Admin;

    public static async Task<RaftTestCluster> StartAsync(
        int silos = 3,
        int groups = 4,
        int replicas = 3,
        Action<RaftOptions>? options = null,
        MemoryDisk? disk = null,
        Action<int, ISiloBuilder>? configure = null,
        IReadOnlyList<MemoryDisk>? disks = null,
        bool ownDisks = false,
        Action<IClientBuilder>? client = null) => new(await Shipped.StartAsync(new RaftTestClusterOptions
        {
            Silos = silos,
            ClusterId = "ledgers",
            Disks = ownDisks ? [.. Enumerable.Range(0, silos + 1).Select(static _ => new MemoryDisk())] : disks ?? [disk ?? new MemoryDisk()],
            ConfigureRaft = options,
            ConfigureClient = client,
            ConfigureSilo = (number, silo) =>
            {
                silo.AddRaftStateMachine<LedgerCommand, LedgerResult, Ledger>(Set, groups, replicas);
                silo.Services.Configure<FaultOptions>(static faults => faults.Enabled = false);
                configure?.Invoke(number, silo);
                silo.Services.AddLogging(static logging => logging.AddProvider(new TestOutputLoggerProvider()));
            },
        }));

    /// <summary>Lets tests cut links, as <c>Faults:Enabled</c> does.</summary>
    public static void EnableFaults(ISiloBuilder silo) => silo.Services.Configure<FaultOptions>(static faults => faults.Enabled = true);

    /// <summary>Keeps the logs of a silo in a database, which has its tables already, instead of in memory.</summary>
    public static void UsePostgreSql(ISiloBuilder silo, string database) => silo.Services.Replace(ServiceDescriptor.Singleton<ILogStore>(services =>
    {
        var self = services.GetRequiredService<SiloIdentity>();
        return new PostgreSqlLogStore(
            new PostgreSqlStoreOptions { ConnectionStrings = [database], Silo = self, SiloName = self.Name },
            TimeProvider.System,
            services.GetRequiredService<ILogger<PostgreSqlLogStore>>(),
            services.GetRequiredService<AlarmBoard>());
    }));

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

    public Task WaitUntilReadyAsync() => cluster.WaitUntilReadyAsync();

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

    public Task<InProcessSiloHandle> StartSiloAsync() => cluster.StartSiloAsync();

    public Task StopSiloAsync(InProcessSiloHandle silo) => cluster.StopSiloAsync(silo);

    /// <summary>Stops a silo in order, and starts one of its name.</summary>
    public Task RestartSiloAsync(InProcessSiloHandle silo) => cluster.RestartSiloAsync(silo);

    public Task PauseAsync(InProcessSiloHandle silo) => cluster.PauseAsync(silo);

    public Task HealAsync() => cluster.HealAsync();

    public Task KillSiloAsync(InProcessSiloHandle silo) => cluster.KillSiloAsync(silo);

    public Task<InProcessSiloHandle> FindLeaderSiloAsync(string group) => cluster.FindLeaderAsync(group);

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

    public ValueTask DisposeAsync() => cluster.DisposeAsync();
}
