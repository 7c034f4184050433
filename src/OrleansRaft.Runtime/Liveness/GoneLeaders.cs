using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Liveness;

/// <summary>Which leaders are gone when a silo is known to have ended, and not only to be silent. Any thread.</summary>
/// <remarks>
/// The news may be late: by then the silo may have another life, and the replica may lead again from there, or another may lead. What one life of a
/// silo took along says nothing of those.
/// </remarks>
/// <typeparam name="TSilo">Names one life of a silo: a silo that restarts has another.</typeparam>
/// <param name="directory">What is known of replicas.</param>
internal sealed class GoneLeaders<TSilo>(ILivenessDirectory<TSilo> directory)
    where TSilo : notnull, IEquatable<TSilo>
{
    /// <summary>
    /// The leader that a replica follows, if it is gone with a silo; null otherwise, and for a quiescent replica, whose silo elects a few at a time.
    /// </summary>
    /// <param name="gone">The silo that has ended.</param>
    /// <param name="replica">A replica on this silo.</param>
    public ReplicaId? FollowedBy(IMonitoredReplica replica, TSilo gone)
    {
        ArgumentNullException.ThrowIfNull(replica);
        return replica is { IsRunning: true, Quiescence: null, Role: { Role: RaftRole.Follower, Leader: { } leader } }
            && directory.TryLocate(new ReplicaKey(replica.Key.Group, leader), out var silo)
            && silo.Equals(gone)
            ? leader
            : null;
    }
}
