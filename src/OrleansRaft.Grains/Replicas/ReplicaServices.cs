using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime.Liveness;

namespace OrleansRaft.Grains.Replicas;

/// <summary>What the hosted replicas of a silo share.</summary>
/// <param name="Silo">This silo.</param>
/// <param name="Groups">Its groups, among them the replicas that run here.</param>
/// <param name="Life">How this life of the silo began.</param>
/// <param name="Drivers">Makes their drivers.</param>
/// <param name="Workers">Give them their turns.</param>
/// <param name="Lanes">The ways to other silos.</param>
/// <param name="Liveness">Watches the silos of quiescent leaders, and unquiesces followers whose leader is lost.</param>
/// <param name="Notices">Passes on what happens to them.</param>
/// <param name="Time">The clock.</param>
internal sealed record ReplicaServices(
    ILocalSiloDetails Silo,
    GroupTable Groups,
    SiloLife Life,
    ReplicaDrivers Drivers,
    ReplicaWorkers Workers,
    Lanes Lanes,
    LivenessMonitor<SiloAddress> Liveness,
    ReplicaNotices Notices,
    TimeProvider Time);
