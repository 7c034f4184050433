using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Configuration;
using OrleansRaft.Cli.Serve;
using OrleansRaft.Grains.Faults;
using OrleansRaft.Lab.Web;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Sqlite;

namespace OrleansRaft.Cli.Demo;

/// <summary>What became of a silo of the demo.</summary>
internal enum DemoSiloState
{
    /// <summary>On its way.</summary>
    Starting,

    /// <summary>At work.</summary>
    Running,

    /// <summary>Cut off from the other silos, and unaware of it.</summary>
    Isolated,

    /// <summary>Dead.</summary>
    Killed,
}

/// <summary>
/// One silo of the demo: a real Orleans silo with sockets, an HTTP side and a file of its own, which can die without a goodbye. One object is one
/// life; a silo that comes back is a new object with the same identity.
/// </summary>
internal sealed class DemoSilo : IAsyncDisposable
{
    private static readonly TimeSpan TearDownTimeMax = TimeSpan.FromSeconds(15);

    private readonly SiloLink link = new();
    private readonly SiloMembership membership;
    private readonly KillableLogStore store;
    private readonly WebApplication app;
    private volatile TaskCompletionSource unreachable = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task tornDown = Task.CompletedTask;

    /// <summary>Makes a silo; it begins with <see cref="StartAsync"/>.</summary>
    /// <param name="identity">Who it is.</param>
    /// <param name="cluster">What it shares with the others.</param>
    public DemoSilo(DemoSiloIdentity identity, DemoClusterParts cluster)
    {
        Identity = identity;
        membership = new SiloMembership(cluster.Membership);
        store = new KillableLogStore(SqliteLogStore.Open(
            new SqliteStoreOptions { Directory = identity.Directory }, TimeProvider.System, NullLogger.Instance));
        app = Build(cluster);
    }

    /// <summary>Who it is.</summary>
    public DemoSiloIdentity Identity { get; }

    /// <summary>What became of it.</summary>
    public DemoSiloState State { get; private set; }

    /// <summary>Whether it ended because the others had declared it dead.</summary>
    public bool IsEvicted { get; private set; }

    /// <summary>Completes when it dies or is cut off: whoever waits for its answer need not wait longer.</summary>
    public Task Unreachable => unreachable.Task;

    /// <summary>Its HTTP side.</summary>
    public SiloHttp Http { get; } = new();

    /// <summary>Joins the cluster.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        await app.StartAsync(cancellation);
        State = State == DemoSiloState.Starting ? DemoSiloState.Running : State;
    }

    /// <summary>
    /// Dies as a machine does whose power fails: its connections break, its replicas write, send and answer nothing more and give nothing back, the
    /// membership table hears nothing of it. What is left of the process is cleared away behind the scenes.
    /// </summary>
    public void Kill()
    {
        if (State == DemoSiloState.Killed)
        {
            return;
        }

        State = DemoSiloState.Killed;
        link.Cut();
        membership.Kill();
        store.Kill();
        unreachable.TrySetResult();
        tornDown = Task.Run(() => TearDownAsync(StopAtOnce()));
    }

    /// <summary>Cuts it off from the other silos and from users, as if its cable were pulled. Only the membership table it still reaches.</summary>
    public void Isolate()
    {
        State = DemoSiloState.Isolated;
        link.Cut();
        unreachable.TrySetResult();
    }

    /// <summary>Lets it reach the others again.</summary>
    public void Reconnect()
    {
        State = DemoSiloState.Running;
        unreachable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        link.Heal();
    }

    /// <summary>Waits until nothing is left of a killed silo, so that its file and its ports are free.</summary>
    public Task WaitUntilGoneAsync() => tornDown;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (State == DemoSiloState.Killed)
        {
            await tornDown;
            return;
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(9));
        await TearDownAsync(limit.Token);
    }

    private WebApplication Build(DemoClusterParts cluster)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "oraft" });
        builder.Configuration.AddInMemoryCollection(
        [
            new($"{FaultOptions.SectionName}:{nameof(FaultOptions.Enabled)}", "true"),
            new($"{LabServerOptions.SectionName}:{nameof(LabServerOptions.Lab)}", "true"),
        ]);
        builder.Services.AddRouting();
        builder.Services.AddSingleton<IServer>(Http);
        builder.Services.AddSingleton<IHostLifetime, SilentLifetime>();
        builder.Logging.AddFilter<DemoEvents>(null, LogLevel.Information).AddProvider(cluster.Events);
        builder.UseOrleans(silo =>
        {
            silo.Configure<SiloOptions>(options => options.SiloName = Identity.Name)
                .Configure<ClusterOptions>(options => options.ClusterId = options.ServiceId = DemoClusterParts.Id)
                .Configure<EndpointOptions>(options =>
                {
                    options.AdvertisedIPAddress = IPAddress.Loopback;
                    options.SiloPort = Identity.SiloPort;
                    options.GatewayPort = Identity.GatewayPort;
                })
                .Configure<SiloConnectionOptions>(link.Configure)
                .Configure<StoreTopology>(topology =>
                {
                    foreach (var id in cluster.LocalStores)
                    {
                        topology.LocalStores.Add(id);
                    }
                })
                .AddRaft(raft => raft.Services.AddSingleton<ILogStore>(store))
                .AddRaftCounters(DemoClusterParts.Groups, DemoClusterParts.Replicas);
            silo.Services.AddSingleton<IMembershipTable>(membership);
            silo.Services.Replace(ServiceDescriptor.Singleton<IFatalErrorHandler>(new EvictionHandler(_ => Evict())));
        });
        OraftApplication.AddTo(builder.Services, builder.Configuration);
        KnownHosts.Use(builder.Services, named: []);
        builder.Services.AddSingleton<ISiloKiller>(cluster.Killer);
        builder.Services.AddHostedService<EvictionWatch>();
        builder.Services.AddSingleton(TimeProvider.System);
        var built = builder.Build();
        OraftApplication.MapTo(built);
        return built;
    }

    private void Evict()
    {
        IsEvicted = State != DemoSiloState.Killed;
        Kill();
    }

    private static CancellationToken StopAtOnce() => new(canceled: true);

    private async Task TearDownAsync(CancellationToken patience)
    {
        try
        {
            await app.StopAsync(patience).WaitAsync(TearDownTimeMax, CancellationToken.None);
        }
        catch (Exception)
        {
            // A killed silo does not stop properly; that is the point of killing it.
        }

        try
        {
            await app.DisposeAsync().AsTask().WaitAsync(TearDownTimeMax, CancellationToken.None);
        }
        catch (Exception)
        {
            // As above; the file below is what matters.
        }

        await store.DisposeAsync();
    }
}
