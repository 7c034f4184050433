using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using OrleansRaft.Cli.Output;
using OrleansRaft.Cli.Serve.Membership;
using OrleansRaft.Cli.Serve.Tls;
using OrleansRaft.Counters;
using OrleansRaft.PostgreSql;
using OrleansRaft.Runtime.Hosting;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Cli.Serve;

/// <summary>Puts a silo, its store and its HTTP server into one application.</summary>
internal static class SiloHost
{
    // Its place is taken at start: the default of a million grains takes 19 MB, and replicas are reached past the directory.
    private const int DirectoryCacheSize = 20_000;

    // Silos tell each other how loaded they are, by default every second, which is a third of what idle ones say; only ordinary grains are placed by
    // it.
    private static readonly TimeSpan LoadPause = TimeSpan.FromSeconds(5);

    // For how long a grain may keep its thread while it has more to do, by default 100 ms: a replica that comes to life applies its whole log.
    private static readonly TimeSpan TurnsMax = TimeSpan.FromMilliseconds(10);

    /// <summary>Begins an application, with its settings read.</summary>
    /// <param name="sets">Settings named on the command line, as KEY=VALUE.</param>
    public static WebApplicationBuilder CreateBuilder(IReadOnlyList<string> sets)
    {
        // Options are read once. A watch over the working directory would also be told of every write to a store that lies there.
        var builder = WebApplication.CreateBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        builder.Configuration.AddInMemoryCollection(
            sets.Select(set => set.Split('=', 2)).Select(pair => KeyValuePair.Create(pair[0], (string?)pair[1])));
        return builder;
    }

    /// <summary>Builds the application; nothing runs yet.</summary>
    public static WebApplication Build(
        WebApplicationBuilder builder, ServeSettings settings, SiloGeneration generation, LogGate gate, IFatalErrorHandler fatal)
    {
        AddLogging(builder, gate);
        builder.Services.AddSingleton<IHostLifetime, SilentLifetime>();
        builder.WebHost.UseUrls(settings.Http);

        // A request's code never blocks, so it may run where its bytes arrive: a change of threads costs as much as the request's own part of a
        // batch.
        builder.WebHost.UseSockets(static sockets =>
        {
            sockets.UnsafePreferInlineScheduling = true;

            // A buffer of 4 KB for each connection, also one that is silent, costs less than to ask the system twice for each request.
            sockets.WaitForDataBeforeAllocatingBuffer = false;
        });
        builder.UseOrleans(silo =>
        {
            AddClustering(silo, settings);
            AddIdentity(silo, settings, generation);
            silo.Configure<SiloOptions>(options => options.SiloName = settings.SiloName)
                .Configure<ClusterOptions>(options => options.ClusterId = options.ServiceId = settings.ClusterId)
                .Configure<GrainDirectoryOptions>(options => options.CacheSize = DirectoryCacheSize)
                .Configure<SchedulingOptions>(options => options.ActivationSchedulingQuantum = TurnsMax)
                .Configure<DeploymentLoadPublisherOptions>(options => options.DeploymentLoadPublisherRefreshTime = LoadPause)
                .Configure<ClusterMembershipOptions>(builder.Configuration.GetSection("Orleans:Membership"))
                .AddRaft(raft => AddStore(raft, settings, builder.Configuration))
                .AddRaftCatalogue(settings.Replicas)
                .AddRaftCounters(settings.Groups, settings.Replicas);
            AddGrainStorage(silo, settings);
            silo.Services.Replace(ServiceDescriptor.Singleton(fatal));
        });
        OraftApplication.AddTo(builder.Services, builder.Configuration, settings.AsksForKeys);
        KnownHosts.Use(builder.Services, settings.Hosts);
        if (settings.AsksForKeys)
        {
            builder.Services.AddHostedService(provider => ActivatorUtilities.CreateInstance<FirstKey>(provider, settings));
        }

        builder.Services.AddHostedService<EvictionWatch>();
        builder.Services.AddSingleton<MembershipReach>();
        WarmServer.Use(builder.Services);
        SiloSockets.Use(builder.Services);
        ConnectionLimits.Use(builder.Services, settings);
        if (settings.Tls is { } tls)
        {
            SiloTls.Use(builder.Services, tls, TlsIdentity.Read(tls, TimeProvider.System.GetUtcNow())!);
        }

        var app = builder.Build();
        OraftApplication.MapTo(app);
        return app;
    }

    /// <summary>
    /// Opens a shared store before Orleans starts: it brings the tables up to date that the membership needs, and a silo that is refused here has not
    /// yet announced itself to the others.
    /// </summary>
    public static async Task PrepareAsync(WebApplication app, ServeSettings settings, CancellationToken cancellation)
    {
        if (settings.Store == StoreKind.Postgres)
        {
            var catalogue = new GroupSet(GroupSet.Catalogue, 1, settings.Replicas);
            var counters = new GroupSet(CounterMachine.SetName, settings.Groups, settings.Replicas);
            await app.Services.GetRequiredService<ILogStore>().InitializeAsync(
                new ClusterDefinition(settings.ClusterId, [catalogue, counters], settings.Postgres.Count, []), cancellation);
            await PostgreSqlSchema.RequireFoundAsync(PostgreSqlSchema.ForOrleans(settings.Postgres[0]), cancellation);
        }

        if (settings.Clustering == ClusteringKind.Postgres)
        {
            var housekeeping = app.Services.GetRequiredService<MembershipHousekeeping>();
            await housekeeping.PrepareAsync(cancellation);
            housekeeping.WatchAsync(app.Lifetime.ApplicationStarted).Ignore();
        }
    }

    /// <summary>What a person sees when the silo has started.</summary>
    public static string Describe(WebApplication app, ServeSettings settings)
    {
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return $"""
            {settings.SiloName} of cluster {settings.ClusterId} serves {address}
              silo {settings.SiloAddress}:{settings.SiloPort}, gateway :{settings.GatewayPort}, {settings.Groups} groups of {settings.Replicas}, logs in {StoreOf(settings)}
              {address}/ is the page, {address}/health/ready tells when it has caught up, `oraft status` what is wrong; Ctrl+C stops
            """;
    }

    /// <summary>One readable line per entry; the frameworks speak only when something is wrong.</summary>
    public static void AddLogging(WebApplicationBuilder builder, LogGate gate)
    {
        builder.Logging.ClearProviders();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddFilter("OrleansRaft", LogLevel.Information);

        // The base class of grain services speaks in their names: of the ring, at each of its changes.
        builder.Logging.AddFilter("OrleansRaft.*Service", LogLevel.Warning);

        // The framework's word for a key that is not known, once for each request: whoever sends one is told, and anybody can send many.
        builder.Logging.AddFilter("OrleansRaft.Server.Access.ApiKeyHandler", LogLevel.Warning);

        // At its first look Orleans' watchdog measures from the machine's start instead of the silo's, and warns of hours.
        builder.Logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(gate);
        builder.Logging.AddConsoleFormatter<LineFormatter, Microsoft.Extensions.Logging.Console.ConsoleFormatterOptions>();
        builder.Logging.AddConsole(console =>
        {
            console.FormatterName = LineFormatter.FormatterName;
            console.LogToStandardErrorThreshold = LogLevel.Trace;

            // A log that nobody takes away, such as that of a paused terminal, must not hold the silo up; what is dropped is counted.
            console.QueueFullMode = Microsoft.Extensions.Logging.Console.ConsoleLoggerQueueFullMode.DropWrite;
        });
        if (builder.Configuration["Logging:Console:FormatterName"] is { Length: > 0 } chosen)
        {
            builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.FormatterName = chosen);
        }
    }

    private static void AddClustering(ISiloBuilder silo, ServeSettings settings)
    {
        if (settings.Clustering == ClusteringKind.Postgres)
        {
            silo.UseAdoNetClustering(options =>
            {
                options.Invariant = "Npgsql";
                options.ConnectionString = PostgreSqlSchema.ForOrleans(settings.Postgres[0]);
            });
            WatchedMembership.Use(silo.Services);
        }
        else
        {
            silo.UseLocalhostClustering(
                settings.SiloPort,
                settings.GatewayPort,
                new System.Net.IPEndPoint(settings.SiloAddress, settings.SiloPort),
                settings.ClusterId,
                settings.ClusterId);
        }

        silo.Configure<EndpointOptions>(options =>
        {
            options.AdvertisedIPAddress = settings.SiloAddress;
            options.SiloPort = settings.SiloPort;
            options.GatewayPort = settings.GatewayPort;
            options.SiloListeningEndpoint = new System.Net.IPEndPoint(settings.SiloAddress, settings.SiloPort);
            options.GatewayListeningEndpoint = new System.Net.IPEndPoint(settings.SiloAddress, settings.GatewayPort);
        });
    }

    /// <summary>Who this silo is, so that a second one of its name is refused, and which of its lives this is.</summary>
    private static void AddIdentity(ISiloBuilder silo, ServeSettings settings, SiloGeneration generation)
    {
        silo.Services.AddSingleton(new SiloIdentity(
            settings.SiloName, $"{settings.SiloAddress}:{settings.SiloPort}, process {Environment.ProcessId} on {Environment.MachineName}")
        {
            IsAlone = settings.Clustering == ClusteringKind.Localhost,
        });
        if (settings.Clustering != ClusteringKind.Postgres)
        {
            return;
        }

        SteadyMembershipTable.Use(silo.Services);
        silo.Services.AddSingleton(generation);
        silo.Services.Replace(ServiceDescriptor.Singleton<ILocalSiloDetails, SteadySiloDetails>());
        silo.Services.AddSingleton(provider => ActivatorUtilities.CreateInstance<MembershipHousekeeping>(
            provider, (PostgreSqlLogStore)provider.GetRequiredService<ILogStore>(), settings));
    }

    /// <summary>
    /// Ordinary grains keep their state on the first PostgreSQL server, as the membership does; where there is none, it goes with the process.
    /// </summary>
    private static void AddGrainStorage(ISiloBuilder silo, ServeSettings settings)
    {
        if (settings.Store == StoreKind.Postgres)
        {
            silo.AddAdoNetGrainStorage(RaftCountersSiloBuilderExtensions.TenantStorage, options =>
            {
                options.Invariant = "Npgsql";
                options.ConnectionString = PostgreSqlSchema.ForOrleans(settings.Postgres[0]);
            });
        }
    }

    private static void AddStore(RaftBuilder raft, ServeSettings settings, IConfiguration configuration)
    {
        switch (settings.Store)
        {
            case StoreKind.Sqlite:
                raft.UseSqlite(settings.Data);
                break;
            case StoreKind.Postgres:
                raft.UsePostgreSql(new PostgreSqlStoreOptions
                {
                    ConnectionStrings = settings.Postgres,
                    SiloName = settings.SiloName,
                    MigrateAtStart = false,
                    AllowTornPages = configuration.GetValue("PostgreSql:AllowTornPages", false),
                });
                break;
            default:
                raft.UseMemory();
                break;
        }
    }

    private static string StoreOf(ServeSettings settings) => settings.Store switch
    {
        StoreKind.Sqlite => settings.Data,
        StoreKind.Postgres => settings.Postgres.Count == 1 ? "PostgreSQL" : $"{settings.Postgres.Count} PostgreSQL servers",
        _ => "memory, gone with this process",
    };
}
