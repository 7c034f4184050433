using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansRaft.Core.Codec;
using OrleansRaft.Client;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.Liveness;
using OrleansRaft.Runtime.Machines;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Replicas;

/// <summary>What every replica of a silo shares.</summary>
internal sealed class ReplicaServices(
    ILocalSiloDetails silo,
    GroupTable groups,
    ClusterMembership silos,
    Lanes lanes,
    KeeperSignal keeper,
    LivenessMonitor<SiloAddress> liveness,
    IReplicaEvents events,
    IFaultSource faults,
    CatalogueSignal catalogue,
    ILogStore store,
    StateMachineRegistry machines,
    IOptions<RaftOptions> options,
    RaftMetrics metrics,
    AlarmBoard alarms,
    MachinePool machineThreads,
    TimeProvider time,
    ILoggerFactory loggers)
{
    private readonly ILogger driverLogger = loggers.CreateLogger<ReplicaDriver>();

    /// <summary>The silo's groups.</summary>
    public GroupTable Groups { get; } = groups;

    /// <summary>The silos of the cluster.</summary>
    public ClusterMembership Silos { get; } = silos;

    /// <summary>The ways to other silos.</summary>
    public Lanes Lanes { get; } = lanes;

    /// <summary>Watches the silos of quiescent leaders, and unquiesces followers whose leader is lost.</summary>
    public LivenessMonitor<SiloAddress> Liveness { get; } = liveness;

    /// <summary>Hears what happens, for those who watch.</summary>
    public IReplicaEvents Events { get; } = events;

    /// <summary>What is broken on purpose.</summary>
    public IFaultSource Faults { get; } = faults;

    /// <summary>Who writes down which members groups have.</summary>
    public CatalogueSignal Catalogue { get; } = catalogue;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; } = time;

    /// <summary>Where logs are kept.</summary>
    public ILogStore Store { get; } = store;

    /// <summary>This silo.</summary>
    public SiloAddress LocalSilo { get; } = silo.SiloAddress;

    /// <summary>How often a replica that is awake ticks.</summary>
    public TimeSpan TickInterval { get; } = options.Value.TickInterval;

    /// <summary>Whether idle groups sleep.</summary>
    public bool Quiesces { get; } = options.Value.QuiesceTicks > 0;

    /// <summary>Where replicas log their comings and goings.</summary>
    public ILogger Logger { get; } = loggers.CreateLogger<ReplicaGrain>();

    /// <summary>Makes and ends the state machines of replicas.</summary>
    public StateMachineRegistry Machines { get; } = machines;

    /// <summary>Makes the driver of a replica.</summary>
    public ReplicaDriver CreateDriver(HostedReplica replica) => new(
        replica.Key,
        options.Value,
        replica.Machine,
        replica,
        replica,
        Time,
        metrics,
        driverLogger,
        Seed(replica),
        machineThreads);

    /// <summary>What is said of state machines that throw.</summary>
    public MachineAlarms MachineAlarms { get; } = new(alarms);

    /// <summary>A replica stopped by itself: it should come to life again.</summary>
    public void Lost(ReplicaSlot slot) => keeper.Want(slot);

    /// <summary>A replica could not be opened, or stopped: an alarm when what it had stored is damaged.</summary>
    public void Failed(ReplicaKey key, Exception cause)
    {
        if (cause is CorruptDataException)
        {
            alarms.Report(
                AlarmNames.StoreCorrupt,
                key.ToString(),
                $"What replica {key} has stored is damaged: {cause.Message.TrimEnd('.')}.",
                $"Its group goes on with its other replicas. See to the disk, and put a new replica in its place: `oraft member replace {key.Group} {key.Replica}`.",
                key.Group);
        }
    }

    /// <summary>A replica was opened: what it has stored is whole.</summary>
    public void Opened(ReplicaKey key) => alarms.Clear(AlarmNames.StoreCorrupt, key.ToString());

    // Different for each activation: two replicas with the same timeouts would stand against each other again and again.
    private ulong Seed(HostedReplica replica) => KeyHash.Hash($"{replica.Key}@{LocalSilo}:{Time.GetTimestamp()}");
}
