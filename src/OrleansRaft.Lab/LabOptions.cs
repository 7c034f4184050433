using OrleansRaft.Runtime;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Lab;

/// <summary>What a <see cref="LabCluster"/> is made of.</summary>
internal sealed record LabOptions
{
    /// <summary>Makes the empty state machine of one replica on a node, by its number.</summary>
    public required Func<ReplicaKey, int, IStateMachineHost> StateMachine { get; init; }

    /// <summary>
    /// Whether state machines run apart from the turns that step Raft, as those of users do in silos; how long they take is each node's
    /// <see cref="LabNode.MachineDelay"/>.
    /// </summary>
    public bool RunsMachinesApart { get; init; }

    /// <summary>
    /// How many step workers each node has. One makes passes that take no time; those of several begin when the seed says so, and are interrupted.
    /// </summary>
    public int Workers { get; init; } = 1;

    /// <summary>
    /// Whether the thread of a disk gives replicas the turns in which they hear what they have written, before it begins the next batch. Otherwise
    /// the turns come a little later.
    /// </summary>
    public bool CarriesPulses { get; init; }

    /// <summary>How many nodes; at least 1.</summary>
    public int Nodes { get; init; } = 3;

    /// <summary>How many voters each group has; at most <see cref="Nodes"/>, and 0 for one on every node.</summary>
    public int Replicas { get; init; }

    /// <summary>The names of the groups.</summary>
    public IReadOnlyList<string> Groups { get; init; } = ["group-0"];

    /// <summary>Determines everything that could happen one way or another.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>How the replicas behave.</summary>
    public required RaftOptions Raft { get; init; }

    /// <summary>
    /// Whether every node reaches every disk, as with database servers: two activations of one replica are then possible, and leases guard the right
    /// to speak. Otherwise each disk is its node's own.
    /// </summary>
    public bool SharedDisks { get; init; }

    /// <summary>Whether messages pass through their binary form.</summary>
    public bool EncodeMessages { get; init; }

    /// <summary>Whether a leader is told when what it sent to a member is lost, or finds nobody, as by a transport that waits for receipts.</summary>
    public bool TellsLosses { get; init; }

    /// <summary>
    /// The newest feature level that each node's program supports to begin with; the newest there is for those that are not named. The cluster begins
    /// at the lowest of them.
    /// </summary>
    public IReadOnlyList<int> FirstLevels { get; init; } = [];

    /// <summary>How long a replica that stopped by itself stays away.</summary>
    public TimeSpan RestartDelay { get; init; } = TimeSpan.FromMilliseconds(500);
}
