using OrleansRaft.Core;
using OrleansRaft.Runtime.Liveness;

namespace OrleansRaft.Runtime.Tests.Liveness;

/// <summary>A replica that is what a test says, and counts how often it was unquiesced.</summary>
internal sealed class MonitoredReplica(string group, long replica) : IMonitoredReplica
{
    public ReplicaKey Key { get; } = new(group, new ReplicaId(replica));

    public bool IsRunning { get; set; } = true;

    public bool MaySpeak { get; set; } = true;

    public RoleChanged Role { get; set; } = new(RaftRole.Follower, new Term(1), null, 0);

    public QuiescenceChanged? Quiescence { get; set; }

    public OrphanTimes OrphanTimes { get; } = new();

    /// <summary>Each call to unquiesce it: whether its leader was called lost.</summary>
    public List<bool> Calls { get; } = [];

    public void Unquiesce(bool isLeaderLost)
    {
        Calls.Add(isLeaderLost);
        Quiescence = null;
    }

    /// <summary>Makes it quiescent as a follower.</summary>
    public MonitoredReplica Follow(long leader, long lastIndex = 5, long? successor = null)
    {
        Role = new RoleChanged(RaftRole.Follower, new Term(1), new ReplicaId(leader), 0);
        return Quiesce(lastIndex, successor);
    }

    /// <summary>Makes it quiescent as the leader.</summary>
    public MonitoredReplica Lead(long lastIndex = 5)
    {
        Role = new RoleChanged(RaftRole.Leader, new Term(1), Key.Replica, 2);
        return Quiesce(lastIndex, null);
    }

    private MonitoredReplica Quiesce(long lastIndex, long? successor)
    {
        Quiescence = new QuiescenceChanged(
            true, new EntryId(new Term(1), new LogIndex(lastIndex)), successor is { } named ? new ReplicaId(named) : null);
        return this;
    }
}
