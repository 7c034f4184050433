using System.Buffers;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime;

namespace OrleansRaft.Lab;

/// <summary>The network between the nodes of a <see cref="LabCluster"/>: a link for each direction between two nodes.</summary>
internal sealed class LabNetwork
{
    private static readonly TimeSpan ReceiptTimeout = TimeSpan.FromMilliseconds(100);

    private readonly LabCluster cluster;
    private readonly RandomSource random;
    private readonly LabLink[] links;
    private readonly int nodes;

    internal LabNetwork(LabCluster cluster, int nodes, ulong seed)
    {
        this.cluster = cluster;
        this.nodes = nodes;
        random = new RandomSource(seed);
        links = new LabLink[nodes * nodes];
        for (var i = 0; i < links.Length; i++)
        {
            links[i] = new LabLink();
        }
    }

    /// <summary>Replicas that nobody finds: what is sent to them is lost, and their senders told, although their nodes are in sight.</summary>
    public HashSet<ReplicaKey> Unfindable { get; } = [];

    /// <summary>How many messages were sent.</summary>
    public long Sent { get; private set; }

    /// <summary>The link from one node to another. Nodes are counted from 0.</summary>
    public LabLink this[int from, int to] => links[(from * nodes) + to];

    /// <summary>Every link between two different nodes.</summary>
    public IEnumerable<LabLink> Links =>
        from source in Enumerable.Range(0, nodes)
        from target in Enumerable.Range(0, nodes)
        where source != target
        select this[source, target];

    /// <summary>Cuts both directions between two nodes. Messages on their way are lost, too.</summary>
    public void Cut(int one, int other)
    {
        this[one, other].IsCut = one != other;
        this[other, one].IsCut = one != other;
    }

    /// <summary>Cuts a node off from all others.</summary>
    public void Isolate(int node)
    {
        for (var other = 0; other < nodes; other++)
        {
            Cut(node, other);
        }
    }

    /// <summary>Cuts every link between nodes of different sides. Links inside a side stay as they are.</summary>
    /// <param name="side">The nodes of one side; the other side is the rest.</param>
    public void Partition(params IReadOnlyCollection<int> side)
    {
        ArgumentNullException.ThrowIfNull(side);
        foreach (var inside in side)
        {
            foreach (var outside in Enumerable.Range(0, nodes).Except(side))
            {
                Cut(inside, outside);
            }
        }
    }

    /// <summary>Restores every link that was cut.</summary>
    public void Heal()
    {
        foreach (var link in links)
        {
            link.IsCut = false;
        }
    }

    internal void Send(LabReplica from, ReplicaId to, Message message)
    {
        Sent++;
        var targets = cluster.LocationsOf(from.Key.Group, to);
        if (targets.Count == 0 || Unfindable.Contains(from.Key with { Replica = to }))
        {
            TellLoss(from, to, message);
            return;
        }

        foreach (var target in targets)
        {
            var link = this[from.Node.Index, target.Index];
            if (link.IsCut || Chance(link.LossPerMillion))
            {
                TellLoss(from, target, to, message);
                ObserveCarried(from, to, message, arrives: null);
                continue;
            }

            Deliver(from, target, to, message, link, Latency(link));
            if (Chance(link.DuplicationPerMillion))
            {
                Deliver(from, target, to, message, link, Latency(link) + UpTo(link.DelayMax));
            }
        }
    }

    /// <summary>Carries something that is no message of Raft from one node to another, unless it is lost.</summary>
    internal void Carry(LabNode from, LabNode to, Action arrive)
    {
        var link = this[from.Index, to.Index];
        if (link.IsCut || Chance(link.LossPerMillion))
        {
            return;
        }

        Arrange(Latency(link));
        if (Chance(link.DuplicationPerMillion))
        {
            Arrange(Latency(link) + UpTo(link.DelayMax));
        }

        void Arrange(TimeSpan after) => cluster.Clock.Schedule(after, () =>
        {
            if (!link.IsCut)
            {
                to.Perform(arrive);
            }
        });
    }

    /// <summary>A message did not get through to a node: nothing that was on its way there can be relied upon.</summary>
    private void TellLoss(LabReplica from, LabNode target, ReplicaId to, Message message)
    {
        if (cluster.Options.TellsLosses && from.Node.Liveness is { } liveness)
        {
            cluster.Clock.Schedule(ReceiptTimeout, () => from.Node.Perform(() => liveness.OnLost(target.Index)));
        }

        TellLoss(from, to, message);
    }

    private void TellLoss(LabReplica from, ReplicaId to, Message message)
    {
        if (cluster.Options.TellsLosses && message is AppendEntries or InstallSnapshot or Quiesce)
        {
            cluster.Clock.Schedule(ReceiptTimeout, () => from.Node.Perform(() => from.LosesSightOf(to)));
        }
    }

    private TimeSpan Latency(LabLink link)
    {
        var latency = link.LatencyMin + UpTo(link.LatencyMax - link.LatencyMin);
        return Chance(link.DelayPerMillion) ? latency + UpTo(link.DelayMax) : latency;
    }

    private void Deliver(LabReplica from, LabNode target, ReplicaId to, Message message, LabLink link, TimeSpan after)
    {
        var (group, sender, silo, epoch) = (from.Key.Group, from.Key.Replica, from.Node.Silo, from.Log!.Epoch);
        var arriving = cluster.Options.EncodeMessages ? ThroughTheWire(message) : message;
        ObserveCarried(from, to, message, cluster.Clock.Now + after);
        cluster.Clock.Schedule(after, () =>
        {
            if (!link.IsCut && target.IsUp)
            {
                target.Perform(() =>
                {
                    target.Liveness?.Learn(from.Key, silo, epoch);
                    if (target.Find(group, to) is { } replica)
                    {
                        replica.Receive(sender, arriving);
                    }
                    else
                    {
                        TellLoss(from, to, message);
                    }
                });
            }
            else
            {
                TellLoss(from, target, to, message);
                cluster.Observer?.Invoke(new LabMessageLost(cluster.Clock.Now, group, to, message));
            }
        });
    }

    // The guard keeps whoever does not look, such as a simulation of many seeds, from paying for it.
    private void ObserveCarried(LabReplica from, ReplicaId to, Message message, TimeSpan? arrives)
    {
        if (cluster.Observer is { } observer)
        {
            observer(new LabMessageCarried(cluster.Clock.Now, from.Key.Group, from.Key.Replica, to, message, arrives));
        }
    }

    private static Message ThroughTheWire(Message message)
    {
        var bytes = new ArrayBufferWriter<byte>();
        MessageCodec.Encode(message, bytes);
        return MessageCodec.Decode(bytes.WrittenMemory);
    }

    private bool Chance(int perMillion) => perMillion > 0 && random.Next(0, 1_000_000) < perMillion;

    private TimeSpan UpTo(TimeSpan limit) => limit <= TimeSpan.Zero ? TimeSpan.Zero : new TimeSpan((long)(random.NextBits() % (ulong)limit.Ticks));
}
