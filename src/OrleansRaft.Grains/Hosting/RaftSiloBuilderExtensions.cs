using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using OrleansRaft;
using OrleansRaft.Core;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Grains.Backup;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Events;
using OrleansRaft.Grains.Faults;
using OrleansRaft.Grains.Hosting;
using OrleansRaft.Grains.Levels;
using OrleansRaft.Grains.Liveness;
using OrleansRaft.Grains.Placement;
using OrleansRaft.Grains.Replicas;
using OrleansRaft.Grains.Routing;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.Hosting;
using OrleansRaft.Runtime.Levels;
using OrleansRaft.Runtime.Liveness;
using OrleansRaft.Runtime.Machines;
using OrleansRaft.Runtime.Storage;

namespace Orleans.Hosting;

/// <summary>Adds OrleansRaft to a silo.</summary>
public static class RaftSiloBuilderExtensions
{
    /// <summary>
    /// Adds what hosts, places, connects and routes to replicas. Options are bound to the section <c>Raft</c> and checked at start; idle groups
    /// quiesce after 10 ticks unless <c>Raft:QuiesceTicks</c> says otherwise.
    /// </summary>
    /// <remarks>
    /// What is said of <see cref="RaftOptions"/> comes in this order, wherever this call stands: the defaults, the section <c>Raft</c>,
    /// <c>Configure</c> in the order of registration, <c>PostConfigure</c>. A silo that could never be ready does not start, and
    /// says why.
    /// </remarks>
    /// <param name="silo">The silo.</param>
    /// <param name="configure">Chooses the store: <c>raft => raft.UsePostgreSql(...)</c>, <c>UseSqlite</c> or <c>UseMemory</c>.</param>
    /// <exception cref="InvalidOperationException">It was called before on this silo.</exception>
    public static ISiloBuilder AddRaft(this ISiloBuilder silo, Action<RaftBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(silo);
        ArgumentNullException.ThrowIfNull(configure);
        if (silo.Services.Any(static service => service.ServiceType == typeof(RaftMarker)))
        {
            throw new InvalidOperationException(
                "AddRaft was called twice on this silo; call it once, with one store, and AddRaftStateMachine for each set.");
        }

        silo.Services.AddSingleton<RaftMarker>();
        AddOptions(silo.Services);
        silo.Services.TryAddSingleton(typeof(ICommandCodec<>), typeof(OrleansCommandCodec<>));
        AddMachinery(silo.Services);
        AddDirectory(silo);
        AddSiloServices(silo);
        silo.AddPlacementDirector<ReplicaPlacement, ReplicaPlacementDirector>();
        configure(new RaftBuilder(silo.Services));
        silo.Services.TryAddSingleton<ILogStore>(static _ => throw new OrleansConfigurationException(
            "AddRaft was given no store for its logs. Choose one: silo.AddRaft(raft => raft.UsePostgreSql(...)), UseSqlite(...), or UseMemory() for "
                + "tests."));
        return silo;
    }

    /// <summary>Adds a set of groups that run one state machine.</summary>
    /// <typeparam name="TCommand">Commands and queries of the state machine.</typeparam>
    /// <typeparam name="TResult">Its answers.</typeparam>
    /// <typeparam name="TMachine">The state machine; made once for each replica, with what its constructor asks of the silo's services.</typeparam>
    /// <param name="silo">The silo.</param>
    /// <param name="name">The set's name: 1 to 64 of letters, digits, <c>.</c>, <c>_</c>, <c>-</c>, and neither <c>.</c> nor <c>..</c>.</param>
    /// <param name="groups">How many groups the keys are spread over; fixed when the cluster first starts.</param>
    /// <param name="replicas">How many voters each group starts with, from 1 to 7; fixed likewise.</param>
    public static ISiloBuilder AddRaftStateMachine<TCommand, TResult, TMachine>(
        this ISiloBuilder silo, string name, int groups = 64, int replicas = 3)
        where TMachine : class, IStateMachine<TCommand, TResult>
    {
        ArgumentNullException.ThrowIfNull(silo);
        return name == GroupSet.Catalogue
            ? throw new ArgumentException(
                $"'{name}' is the name of the set that AddRaftCatalogue adds; choose another name for this one.", nameof(name))
            : AddSet<TCommand, TResult, TMachine>(silo, name, groups, replicas);
    }

    /// <summary>
    /// Adds the catalogue, a Raft group beside the cluster row: sets of groups can then be added to a cluster that exists, and a silo that starts
    /// learns from it which members its groups have. It also keeps the API keys, and the limits of tenants, that are made while the cluster runs.
    /// </summary>
    /// <param name="silo">The silo.</param>
    /// <param name="replicas">How many voters the catalogue starts with; fixed when the cluster first starts.</param>
    public static ISiloBuilder AddRaftCatalogue(this ISiloBuilder silo, int replicas = 3)
    {
        ArgumentNullException.ThrowIfNull(silo);
        silo.Services.AddSingleton<IRaftCatalogue>(static provider => provider.GetRequiredService<CatalogueWorker>());
        silo.Services.AddSingleton<IRaftAccess, CatalogueAccess>();
        return AddSet<CatalogueCommand, CatalogueContents, CatalogueMachine>(silo, GroupSet.Catalogue, groups: 1, replicas);
    }

    private static ISiloBuilder AddSet<TCommand, TResult, TMachine>(ISiloBuilder silo, string name, int groups, int replicas)
        where TMachine : class, IStateMachine<TCommand, TResult>
    {
        silo.Services.AddSingleton(StateMachineRegistration.Of<TCommand, TResult, TMachine>(name, groups, replicas));
        StartUpChecks.AddTo(silo.Services);
        return silo;
    }

    private static void AddOptions(IServiceCollection services)
    {
        services.BindBeneath<RaftOptions>(RaftOptions.SectionName);
        services.BindBeneath<FaultOptions>(FaultOptions.SectionName);
        services.AddOptions<RaftOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RaftOptions>, RaftOptionsValidator>());
    }

    private static void AddMachinery(IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static provider => new SiloIdentity(
            provider.GetRequiredService<IOptions<SiloOptions>>().Value.SiloName,
            Whereabouts(provider.GetRequiredService<IOptions<EndpointOptions>>().Value)));
        services.TryAddSingleton(provider => new AlarmBoard(provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(provider => new MachinePool(
            provider.GetRequiredService<IOptions<RaftOptions>>().Value,
            provider.GetRequiredService<AlarmBoard>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<MachinePool>>()));
        services.TryAddSingleton(provider => new RaftMetrics(provider.GetService<IMeterFactory>(), provider.GetRequiredService<AlarmBoard>()));
        services.AddSingleton(static provider => new ClusterLevel(
            provider.GetRequiredService<IOptions<RaftOptions>>().Value.LevelMax, FeatureLevels.Oldest));
        services.AddSingleton<OwnSets>();
        services.AddSingleton<GroupTable>();
        services.AddSingleton<ClusterMembership>();
        services.AddSingleton(typeof(SiloClient<>));
        services.AddSingleton<ILaneObserver, LaneObserver>();
        services.AddSingleton<LaneMetrics>();
        services.AddSingleton<LinkFaults>();
        services.AddSingleton<ILinkFaults>(static provider => provider.GetRequiredService<LinkFaults>());
        services.AddSingleton<StoreAgreement>();
        services.AddSingleton<Locator>();
        EndedConnections.Use(services);
        services.AddSingleton<Lanes>();
        services.AddSingleton<ReplicaPlacer>();
        services.AddSingleton<StoppedSilos>();
        services.AddSingleton<ReplicaMover>();
        services.AddSingleton<LeaderBalancer>();
        services.AddSingleton<KeeperSignal>();
        services.AddSingleton<ReplicaKeeper>();
        services.AddSingleton(static provider => new SiloLivenessTable<SiloAddress>(
            provider.GetRequiredService<IOptions<RaftOptions>>().Value, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<LivenessDirectory>();
        services.AddSingleton<MemoryTrim>();
        services.AddSingleton(static provider => new HeapPace(provider.GetRequiredService<RaftMetrics>().Replicas.StateBytes));
        services.AddSingleton<LivenessMetrics>();
        services.AddSingleton<LivenessHost>();
        services.AddSingleton<GoneSilos>();
        services.AddSingleton(static provider => provider.GetRequiredService<LivenessHost>().Monitor);
        services.AddSingleton<EventRecorder>();
        services.AddSingleton<IReplicaEvents>(static provider => provider.GetRequiredService<EventRecorder>());
        services.AddSingleton(static provider => new EventFeed(
            provider.GetRequiredService<ClusterMembership>(),
            provider.GetRequiredService<GroupTable>(),
            provider.GetRequiredService<SiloClient<IEventService>>(),
            provider.GetRequiredService<SiloClient<IInventoryService>>(),
            provider.GetRequiredService<ILocalSiloDetails>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<FaultTable>();
        services.AddSingleton<IFaultSource>(static provider => provider.GetRequiredService<FaultTable>());
        services.AddSingleton<FaultRules>();
        services.AddSingleton<RaftFaults>();
        services.AddSingleton<IRaftFaults>(static provider => provider.GetRequiredService<RaftFaults>());
        services.AddSingleton(static provider => new MachineReplies(
            provider.GetRequiredService<Lanes>(), provider.GetRequiredService<ReplicaWorkers>().Next()));
        services.AddSingleton<ReplicaRequests>();
        services.AddSingleton<ILaneRequests>(static provider => provider.GetRequiredService<ReplicaRequests>());
        services.AddSingleton<ReplicaAlarms>();
        services.AddSingleton<ClockAlarms>();
        services.AddSingleton<ReplicaNotices>();
        services.AddSingleton<ReplicaDrivers>();
        services.AddSingleton<ReplicaWorkers>();
        services.AddSingleton<ReplicaLogs>();
        services.AddSingleton<GroupFences>();
        services.AddSingleton<SiloLife>();
        services.AddSingleton<ReplicaServices>();
        services.AddSingleton<StateMachineRegistry>();
        services.AddSingleton<CatalogueSignal>();
        services.AddSingleton<AccessSignal>();
        services.AddSingleton<AccessAnnouncer>();
        services.AddSingleton<SetCreation>();
        services.AddSingleton<SetDeletion>();
        services.AddSingleton<CatalogueWorker>();
        services.AddSingleton<TracedCommands>();
        services.AddSingleton<LevelRegister>();
        services.AddSingleton<LevelKeeper>();
        services.AddSingleton<IRaftLevels>(static provider => provider.GetRequiredService<LevelKeeper>());
        services.AddSingleton<GroupClients>();
        services.AddSingleton<GroupInspector>();
        services.AddSingleton<LeaderRequests>();
        services.AddSingleton<EntrySkips>();
        services.AddSingleton<GroupComparisons>();
        services.AddSingleton<VersionRaises>();
        services.AddSingleton<RemovedReplicas>();
        services.AddSingleton<Decommissions>();
        services.AddSingleton<Scrubber>();
        services.AddSingleton<MembershipChanger>();
        services.AddSingleton<LeaderlessTimes>();
        services.AddSingleton<DamageAlarms>();
        services.AddSingleton<Readiness>();
        services.AddSingleton<ClusterAlarms>();
        services.AddSingleton<IRaftAdmin, RaftAdmin>();
        services.AddSingleton<IRaftBackup, ClusterBackup>();
        services.AddSingleton<IRaftDrain, RaftDrain>();
        services.AddSingleton<RaftLifecycle>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<RaftLifecycle>());
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, FailedStart>();
        StartUpChecks.AddTo(services);
    }

    // One for each concern. Each is a system target with a queue of its own, so that none delays the lanes.
    private static void AddSiloServices(ISiloBuilder silo) => silo
        .AddGrainService<LaneService>()
        .AddGrainService<InventoryService>()
        .AddGrainService<LivenessService>()
        .AddGrainService<ReplicaService>()
        .AddGrainService<DepartureService>()
        .AddGrainService<TraceService>()
        .AddGrainService<CatalogueService>()
        .AddGrainService<BackupService>()
        .AddGrainService<EventService>()
        .AddGrainService<FaultService>();

    private static string Whereabouts(EndpointOptions endpoints) =>
        $"{endpoints.AdvertisedIPAddress}:{endpoints.SiloPort}, process {Environment.ProcessId} on {Environment.MachineName}";

    // The default directory deactivates healthy grains whose entries a dead silo happened to hold (dotnet/orleans #9074); this one keeps them. It
    // serves replicas alone: an application's own grains stay where they were, since this one holds a crashed silo's grains back for a while.
    // Replicas need no such lease, which would only put their return off: an activation too many is fenced by the store.
    private static void AddDirectory(ISiloBuilder silo)
    {
        silo.Services.ConfigureBeneath<GrainDirectoryOptions>(static options => options.RangeLeaseDuration = TimeSpan.Zero);
#pragma warning disable ORLEANSEXP003 // Experimental in name only as far as we use it; the default would stop healthy replicas.
        silo.AddDistributedGrainDirectory(ReplicaGrain.Directory);
#pragma warning restore ORLEANSEXP003
    }
}
