using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.SiloService;

/// <summary>What runs on one silo.</summary>
/// <param name="Store">The id of the silo's local store; empty when it has none.</param>
/// <param name="Replicas">The replicas that were asked for and run here, or all of them.</param>
/// <param name="IsStopping">Whether the silo is about to stop, and must be given nothing more.</param>
/// <param name="Alarms">What is wrong on the silo; null for nothing.</param>
/// <param name="StoreMark">Where the silo keeps its logs, see <see cref="StoreAgreement"/>; null or empty when it does not say.</param>
/// <param name="IsDraining">Whether the silo still serves, and is going to stop: it must be given no leadership.</param>
/// <param name="Level">The feature level at which the cluster works, as the silo knows it; 0 when it does not say.</param>
/// <param name="Sets">What the silo's program has for each set of groups; null when it does not say.</param>
[GenerateSerializer, Immutable, Alias("raft-inventory")]
internal sealed record Inventory(
    [property: Id(0)] string Store,
    [property: Id(1)] InventoryItem[] Replicas,
    [property: Id(2)] bool IsStopping,
    [property: Id(3)] AlarmReport[]? Alarms = null,
    [property: Id(4)] string? StoreMark = null,
    [property: Id(5)] bool IsDraining = false,
    [property: Id(6)] int Level = 0,
    [property: Id(7)] SetSupport[]? Sets = null);

/// <summary>One replica of an <see cref="Inventory"/>.</summary>
[GenerateSerializer, Immutable, Alias("raft-inventory-item")]
internal readonly record struct InventoryItem(
    [property: Id(0)] string Group,
    [property: Id(1)] long Replica,
    [property: Id(2)] long Epoch,
    [property: Id(3)] bool IsRunning,
    [property: Id(4)] bool IsLeader,
    [property: Id(5)] long Term,
    [property: Id(6)] byte[]? Configuration,
    [property: Id(7)] RaftRole Role,
    [property: Id(8)] long LeaderlessMilliseconds,
    [property: Id(9)] bool IsUnfitToLead = false,
    [property: Id(10)] int MachineVersion = 0)
{
    /// <summary>Describes a replica that runs here, with the configuration in force for it when that is no longer the first one.</summary>
    public static InventoryItem Of(ILocalReplica replica)
    {
        var role = replica.Role;

        // A paused replica may still think that it leads, but nobody can reach it.
        var isLeader = replica.IsRunning && role.Role == RaftRole.Leader && replica.Faults is not { IsPaused: true };
        var configuration = replica.Configuration;
        return new InventoryItem(
            replica.Key.Group,
            replica.Key.Replica.Value,
            replica.Epoch,
            replica.IsRunning,
            isLeader,
            role.Term.Value,
            configuration.Version > LogIndex.Zero ? Core.Codec.ConfigurationCodec.Encode(configuration).ToArray() : null,
            role.Role,
            replica.LeaderlessMilliseconds,
            replica.Driver.IsUnfitToLead,
            replica.Driver.MachineVersion);
    }
}
