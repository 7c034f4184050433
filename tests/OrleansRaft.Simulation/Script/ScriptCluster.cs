using OrleansRaft.Core;

namespace OrleansRaft.Simulation.Script;

/// <summary>A whole group in memory: its nodes, and the messages on their way between them. Nothing happens by itself.</summary>
internal sealed class ScriptCluster
{
    public const int NodesMax = 64;

    // Messages that answer each other for ever would otherwise never end.
    private const int RoundsMax = 10_000;

    private readonly List<ScriptNode> nodes = [];
    private readonly List<ScriptMessage> network = [];

    public IReadOnlyList<ScriptNode> Nodes => nodes;

    public ScriptNode this[int id] => Exists(id)
        ? nodes[id - 1]
        : throw new ScriptException($"There is no node {id}; there are {nodes.Count}, and 'add-nodes' makes more.");

    /// <summary>Adds nodes with the next ids, all alike.</summary>
    public void Add(int count, RaftSettings settings, SnapshotDescriptor snapshot, ReadOnlyMemory<byte> content)
    {
        if (nodes.Count + count > NodesMax)
        {
            throw new ScriptException($"There would be {nodes.Count + count} nodes; a cluster has at most {NodesMax}.");
        }

        for (var i = 0; i < count; i++)
        {
            nodes.Add(new ScriptNode(new ReplicaId(nodes.Count + 1), settings, new ScriptDisk(snapshot, content)));
        }
    }

    public void Process(ScriptNode node) => network.AddRange(node.Process());

    public void Post(ScriptMessage message) => network.Add(message);

    /// <summary>Hands over messages to one node, in the order in which they were sent.</summary>
    /// <returns>How many.</returns>
    public int Deliver(ScriptNode node, bool firstOnly)
    {
        var messages = Take(node.Id, firstOnly);
        foreach (var message in messages)
        {
            if (!node.IsStopped)
            {
                node.Receive(message);
            }
        }

        return messages.Count;
    }

    /// <summary>Throws messages to a node away, which need not exist.</summary>
    /// <returns>How many.</returns>
    public int Drop(int id, bool firstOnly) => Take(new ReplicaId(id), firstOnly).Count;

    /// <summary>Processes and delivers among some nodes until nothing is left to do.</summary>
    public void Stabilize(IReadOnlyList<ScriptNode> among)
    {
        for (var round = 0; StabilizeOnce(among); round++)
        {
            if (round == RoundsMax)
            {
                throw new ScriptException($"The nodes have not come to rest after {RoundsMax} rounds of messages.");
            }
        }
    }

    private bool StabilizeOnce(IReadOnlyList<ScriptNode> among)
    {
        var isBusy = false;
        foreach (var node in among)
        {
            if (node.IsReady)
            {
                Process(node);
                isBusy = true;
            }
        }

        network.RemoveAll(message => !Exists(message.To.Value));
        foreach (var node in among)
        {
            isBusy |= Deliver(node, firstOnly: false) > 0;
        }

        return isBusy;
    }

    private List<ScriptMessage> Take(ReplicaId to, bool firstOnly)
    {
        var taken = network.FindAll(message => message.To == to);
        if (firstOnly && taken.Count > 1)
        {
            taken.RemoveRange(1, taken.Count - 1);
        }

        foreach (var message in taken)
        {
            network.RemoveAt(network.FindIndex(other => ReferenceEquals(other, message)));
        }

        return taken;
    }

    private bool Exists(long id) => id >= 1 && id <= nodes.Count;
}
