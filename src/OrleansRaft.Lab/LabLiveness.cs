using System.Diagnostics.CodeAnalysis;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Liveness;

namespace OrleansRaft.Lab;

/// <summary>
/// Runs the <see cref="LivenessMonitor{TSilo}"/> of silos in one process of a node: on the node's clock, over the network of the cluster.
/// </summary>
/// <remarks>
/// As in a silo, it knows the other processes from a membership table, which it reads when it starts, and from what they say; where replicas run it
/// learns from their messages. A process is declared dead when its node's next one is heard of, and not before: until then it is only silent.
/// </remarks>
internal sealed class LabLiveness : ILivenessHost<LabSilo>, ILivenessDirectory<LabSilo>, IDisposable
{
    private readonly LabNode node;
    private readonly LabSilo self;
    private readonly SiloLivenessTable<LabSilo> silos;
    private readonly SortedDictionary<int, LabSilo> peers = [];
    private readonly Dictionary<ReplicaKey, Location> locations = [];
    private readonly ITimer timer;
    private bool isBeatDue;

    public LabLiveness(LabNode node)
    {
        this.node = node;
        self = node.Silo;
        silos = new SiloLivenessTable<LabSilo>(node.Cluster.Options.Raft, node.Clock);
        timer = node.Clock.CreateTimer(_ => RequestBeat(), null, silos.HeartbeatInterval, silos.HeartbeatInterval);
        Monitor = new LivenessMonitor<LabSilo>(silos, this, this, node.Clock);
        foreach (var other in node.Cluster.Nodes)
        {
            if (other != node && other.IsUp)
            {
                Meet(other.Silo);
            }
        }
    }

    public LivenessMonitor<LabSilo> Monitor { get; }

    public IEnumerable<LabSilo> Peers => peers.Values;

    public IEnumerable<IMonitoredReplica> Replicas => node.Replicas;

    public IEnumerable<IMonitoredReplica> ReplicasOf(string group) => node.Replicas.Where(replica => replica.Key.Group == group);

    public IMonitoredReplica? Find(ReplicaKey replica) => node.Find(replica.Group, replica.Replica);

    public bool TryLocate(ReplicaKey replica, [MaybeNullWhen(false)] out LabSilo silo)
    {
        silo = locations.TryGetValue(replica, out var known) ? known.Silo ?? default : default;
        return silo != default;
    }

    public bool HasMemberOn(string group, LabSilo silo) => locations.Any(known => known.Key.Group == group && known.Value.Silo == silo);

    public void Forget(ReplicaKey replica, LabSilo silo)
    {
        if (locations.TryGetValue(replica, out var known) && known.Silo == silo)
        {
            locations[replica] = known with { Silo = null };
        }
    }

    /// <summary>Takes note of a message from a replica.</summary>
    public void Learn(ReplicaKey replica, LabSilo silo, long epoch)
    {
        Meet(silo);
        if (!locations.TryGetValue(replica, out var known) || epoch >= known.Epoch)
        {
            locations[replica] = new Location(silo, epoch);
        }
    }

    /// <summary>A message to another node is lost, as far as this one can tell.</summary>
    public void OnLost(int target)
    {
        if (peers.TryGetValue(target, out var silo))
        {
            silos.Invalidate(silo);
        }
    }

    public void SendHeartbeat(LabSilo target, SiloHeartbeat heartbeat) => Carry(target, there => there.Take(self, heartbeat));

    public void SendClaims(LabSilo target, long number, IReadOnlyList<QuiescenceClaim> claims) => Carry(target, there =>
    {
        var differing = there.Monitor.Compare(claims);
        there.Carry(self, here => here.Monitor.OnCompared(target, number, differing));
    });

    public void SetHeartbeatInterval(TimeSpan interval) => timer.Change(interval, interval);

    public void Dispose() => timer.Dispose();

    private void Take(LabSilo from, SiloHeartbeat heartbeat)
    {
        node.Cluster.Mix(node.Index, from.Node, heartbeat.Sequence);
        Meet(from);
        Monitor.OnHeartbeat(from, heartbeat);
    }

    /// <summary>Like a periodic timer, it makes up for one beat after a pause, however many it missed.</summary>
    private void RequestBeat()
    {
        if (!isBeatDue)
        {
            isBeatDue = true;
            node.Perform(() =>
            {
                isBeatDue = false;
                Monitor.Beat();
            });
        }
    }

    /// <summary>Takes note of a process; the one that ran on its node before is dead.</summary>
    private void Meet(LabSilo silo)
    {
        var isSuccessor = peers.TryGetValue(silo.Node, out var former);
        if (isSuccessor && silo.Process <= former.Process)
        {
            return;
        }

        peers[silo.Node] = silo;
        if (!isSuccessor)
        {
            return;
        }

        foreach (var replica in locations.Where(known => known.Value.Silo == former).Select(known => known.Key).ToArray())
        {
            Forget(replica, former);
        }

        Monitor.Forget(former);
    }

    /// <summary>Reaches another process, or nobody when it has ended.</summary>
    private void Carry(LabSilo target, Action<LabLiveness> arrive)
    {
        var there = node.Cluster.Nodes[target.Node];
        node.Cluster.Network.Carry(node, there, () =>
        {
            if (there.Silo == target && there.Liveness is { } liveness)
            {
                arrive(liveness);
            }
        });
    }

    /// <param name="Silo">Where a replica runs; null when it stopped there.</param>
    /// <param name="Epoch">The epoch under which it was heard: an earlier activation does not count.</param>
    private readonly record struct Location(LabSilo? Silo, long Epoch);
}
