using Orleans.Concurrency;
using Orleans.Services;
using OrleansRaft.Grains.Events;
using OrleansRaft.Grains.Faults;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime.Liveness;

namespace OrleansRaft.Grains.SiloService;

/// <summary>One silo's end of all lanes: reached by the silo's address, without a directory.</summary>
[Alias("raft-lane")]
internal interface IRaftLaneService : IGrainService
{
    /// <summary>Hands over a batch of messages, requests and replies, see <see cref="LaneBatchCodec"/>.</summary>
    /// <returns>Which frames were not delivered; empty when all were.</returns>
    [Alias("exchange")]
    Task<byte[]> ExchangeAsync(SiloAddress from, [Immutable] byte[] batch);

    /// <summary>The other silo lives. Nobody waits for an answer: the next heartbeat says the same.</summary>
    [OneWay]
    [Alias("beat")]
    Task HeartbeatAsync(SiloAddress from, [Immutable] SiloHeartbeat heartbeat);

    /// <summary>Compares how replicas of the same groups are quiescent here and there, and unquiesces those here that differ.</summary>
    /// <returns>Which claims do not hold here, by their places.</returns>
    [Alias("compare-sleep")]
    Task<int[]> CompareQuiescenceAsync([Immutable] QuiescenceClaim[] claims);

    /// <summary>Which of some replicas run here.</summary>
    [Alias("locate")]
    Task<Inventory> LocateAsync([Immutable] ReplicaName[] wanted);

    /// <summary>Everything that runs here.</summary>
    [Alias("inventory")]
    Task<Inventory> TakeInventoryAsync();

    /// <summary>What some replicas here are at, without digests; those that are not here are left out.</summary>
    [Alias("inspect")]
    Task<ReplicaReport[]> InspectAsync([Immutable] ReplicaName[] wanted);

    /// <summary>The same with digests of their states, which cost a capture of each: only where somebody asks for them.</summary>
    [Alias("digest")]
    Task<ReplicaReport[]> InspectWithDigestsAsync([Immutable] ReplicaName[] wanted);

    /// <summary>Whether the state machine of a replica here has work that explains why its answers take long.</summary>
    [Alias("is-working")]
    Task<bool> IsWorkingAsync(ReplicaName replica);

    /// <summary>Entries of the log of a replica here; null when it is not here.</summary>
    [Alias("log")]
    Task<byte[]?> ReadLogAsync(ReplicaName replica, long after, int limit);

    /// <summary>Hands leadership of a group over, if its replica here leads.</summary>
    /// <returns>One reply; empty when the replica is not here.</returns>
    [Alias("transfer")]
    Task<byte[]> TransferLeadershipAsync(ReplicaName replica, long target);

    /// <summary>Changes the members of a group, if its replica here leads, see <see cref="MemberChangeCodec"/>.</summary>
    /// <returns>One reply; empty when the replica is not here.</returns>
    [Alias("members")]
    Task<byte[]> ChangeMembersAsync(ReplicaName replica, [Immutable] byte[] change);

    /// <summary>What happened here since the asker asked last; asking keeps it coming.</summary>
    [Alias("events")]
    Task<EventPage> ReadEventsAsync([Immutable] EventQuery query);

    /// <summary>Puts a fault in force here.</summary>
    /// <returns>False when faults are off here.</returns>
    [Alias("begin-fault")]
    Task<bool> BeginFaultAsync([Immutable] Fault fault);

    /// <summary>Takes a fault away here, if it is in force.</summary>
    [Alias("heal-fault")]
    Task HealFaultAsync(string fault);

    /// <summary>The faults in force here.</summary>
    [Alias("faults")]
    Task<FaultReport[]> ListFaultsAsync();

    /// <summary>Makes the place of a new member in the store that this silo reaches; <paramref name="version"/> is that of the configuration in force.</summary>
    [Alias("create")]
    Task CreateReplicaAsync(ReplicaName replica, long version);

    /// <summary>Whether this silo is configured with a set of so many groups.</summary>
    [Alias("offers")]
    Task<bool> OffersAsync(string set, int groups, int replicas);

    /// <summary>Makes the places of some groups of a set that was announced, in the store that this silo reaches.</summary>
    [Alias("create-groups")]
    Task CreateGroupsAsync(string set, int groups, int replicas, int first, int count);

    /// <summary>The catalogue holds something new.</summary>
    [Alias("catalogue-changed")]
    Task CatalogueChangedAsync();
}
