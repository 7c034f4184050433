using OrleansRaft.ReplicatedGrains.Calls;

namespace OrleansRaft;

/// <summary>How grains, silos and clients reach replicated grains.</summary>
public static class ReplicatedGrainFactoryExtensions
{
    /// <summary>A replicated grain by its key, which also chooses its group. Makes no call.</summary>
    /// <typeparam name="TGrain">Its interface.</typeparam>
    /// <param name="grains">The factory of a grain, a silo or a client.</param>
    /// <param name="key">1 to 400 bytes of UTF-8.</param>
    /// <exception cref="ArgumentException">
    /// The key is empty, too long or malformed text; or the type is no interface that a replicated grain can have, which the message explains.
    /// </exception>
    /// <exception cref="InvalidOperationException">The silo has not started yet.</exception>
    public static TGrain GetReplicatedGrain<TGrain>(this IGrainFactory grains, string key)
        where TGrain : class, IReplicatedGrain
    {
        ArgumentNullException.ThrowIfNull(grains);
        return Create<TGrain>(grains, GrainKey.Require(key, nameof(key)), key);
    }

    /// <summary>
    /// A replicated grain in a partition: all grains of a partition are in one group, and may call each other within one entry of the log
    /// (<see cref="ReplicatedGrain.Local{TGrain}(string)"/>). Makes no call.
    /// </summary>
    /// <typeparam name="TGrain">Its interface.</typeparam>
    /// <param name="grains">The factory of a grain, a silo or a client.</param>
    /// <param name="partition">Chooses the group: 1 to 400 bytes of UTF-8.</param>
    /// <param name="key">The key within the partition: 1 to 400 bytes of UTF-8.</param>
    /// <exception cref="ArgumentException">As for a key alone.</exception>
    /// <exception cref="InvalidOperationException">The silo has not started yet.</exception>
    public static TGrain GetReplicatedGrain<TGrain>(this IGrainFactory grains, string partition, string key)
        where TGrain : class, IReplicatedGrain
    {
        ArgumentNullException.ThrowIfNull(grains);
        return Create<TGrain>(grains, GrainKey.Require(partition, nameof(partition)), GrainKey.Require(key, nameof(key)));
    }

    private static TGrain Create<TGrain>(IGrainFactory grains, string partition, string key)
        where TGrain : class, IReplicatedGrain
    {
        var cluster = GrainCluster.Of(grains);
        return cluster.Tools.Proxies.Create<TGrain>(new GroupTarget(cluster, GrainInterface.Of(typeof(TGrain)), partition, key, CallOptions.Default));
    }
}
