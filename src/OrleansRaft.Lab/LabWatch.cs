using OrleansRaft.Core;
using OrleansRaft.Runtime;

namespace OrleansRaft.Lab;

/// <summary>Watches the other nodes on behalf of all sleeping replicas of a node, which nobody else does: a group that sleeps sends nothing.</summary>
/// <remarks>
/// Every node beats to every other, and names its process and what runs on it. A follower is woken when its leader is in no beat any more. A leader is woken when
/// a node comes back into sight or was started again, since what runs there knows nothing yet; when its own node was held up, since another may lead by then; and
/// when a member begins to speak that has no vote, since that one cannot ask who leads.
/// </remarks>
internal sealed class LabWatch
{
    private const int TicksPerBeat = 2;

    private readonly LabNode node;
    private readonly (TimeSpan At, long Process, ReplicaKey[] Running)[] heard;
    private readonly ReplicaKey[][] voteless;
    private readonly TimeSpan lostAfter;

    private TimeSpan last;
    private int ticks;

    public LabWatch(LabNode node)
    {
        this.node = node;
        last = node.Clock.Now;
        lostAfter = node.Cluster.Options.Raft.TickInterval * node.Cluster.Options.Raft.ElectionTicksMax;
        heard = [.. node.Cluster.Nodes.Select(_ => (last, 0L, Array.Empty<ReplicaKey>()))];
        voteless = [.. node.Cluster.Nodes.Select(_ => Array.Empty<ReplicaKey>())];
    }

    public void Tick()
    {
        if (++ticks % TicksPerBeat != 0)
        {
            return;
        }

        Beat();
        var isLate = node.Clock.Now - last > lostAfter / 2;
        last = node.Clock.Now;
        if (isLate)
        {
            // What the others said meanwhile may still wait to be heard; but they may have given this node up.
            ForgiveEverybody();
            WakeWhere(static (_, replica) => replica.Role == RaftRole.Leader, isLeaderLost: false);
        }
        else
        {
            WakeWhere(static (watch, replica) => replica.Role != RaftRole.Leader && !watch.SeesLeaderOf(replica), isLeaderLost: true);
        }
    }

    private void Beat()
    {
        var process = node.Process;
        ReplicaKey[] running = [.. node.Replicas.Select(replica => replica.Key)];
        ReplicaKey[] waiting = [.. node.Replicas.Where(replica => replica is { Core.HasVote: false, Log.MaySpeak: true }).Select(replica => replica.Key)];
        WakeFor(node.Index, waiting);
        foreach (var other in node.Cluster.Nodes)
        {
            if (other != node)
            {
                node.Cluster.Network.Carry(node, other, () => other.Watch?.Hear(node.Index, process, running, waiting));
            }
        }
    }

    private void Hear(int from, long process, ReplicaKey[] running, ReplicaKey[] waiting)
    {
        var isBack = process != heard[from].Process || node.Clock.Now - heard[from].At > lostAfter;
        heard[from] = (node.Clock.Now, process, running);
        if (isBack)
        {
            WakeWhere(static (_, replica) => replica.Role == RaftRole.Leader, isLeaderLost: false);
        }

        WakeFor(from, waiting);
    }

    private void WakeFor(int from, ReplicaKey[] waiting)
    {
        foreach (var newcomer in waiting.Except(voteless[from]))
        {
            foreach (var leader in node.Replicas.Where(replica => replica.Role == RaftRole.Leader && replica.Key.Group == newcomer.Group))
            {
                leader.Unquiesce(isLeaderLost: false);
            }
        }

        voteless[from] = waiting;
    }

    private void ForgiveEverybody()
    {
        for (var i = 0; i < heard.Length; i++)
        {
            heard[i].At = node.Clock.Now;
        }
    }

    private bool SeesLeaderOf(LabReplica replica)
    {
        if (replica.Core?.Leader is not { } leader)
        {
            return false;
        }

        var key = replica.Key with { Replica = leader };
        return node.Find(key.Group, key.Replica) is not null
            || Array.Exists(heard, beat => node.Clock.Now - beat.At <= lostAfter && beat.Running.Contains(key));
    }

    private void WakeWhere(Func<LabWatch, LabReplica, bool> condition, bool isLeaderLost)
    {
        foreach (var replica in node.Replicas)
        {
            if (replica.IsQuiescent && condition(this, replica))
            {
                replica.Unquiesce(isLeaderLost);
            }
        }
    }
}
