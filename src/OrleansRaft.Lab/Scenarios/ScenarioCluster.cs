using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Lab.Scenarios;

/// <summary>The cluster that a scenario is played on: one group, whose replicas each hold a register.</summary>
internal sealed class ScenarioCluster
{
    /// <summary>The name of the only group.</summary>
    public const string Group = "lab";

    /// <summary>How commands and values are written.</summary>
    public static readonly RegisterCodec Codec = new();

    private readonly Dictionary<IStateMachineHost, Register> registers = [];

    public ScenarioCluster(Scenario scenario)
    {
        Lab = new LabCluster(new LabOptions
        {
            StateMachine = (_, _) => MakeMachine(),
            Nodes = scenario.Nodes.Count,
            Groups = [Group],
            Seed = scenario.Seed,
            Raft = scenario.Settings.Raft,
        });
        foreach (var link in Lab.Network.Links)
        {
            (link.LatencyMin, link.LatencyMax) = (scenario.Settings.LinkMin, scenario.Settings.LinkMax);
        }

        foreach (var node in Lab.Nodes)
        {
            node.Disk.LatencyMin = node.Disk.LatencyMax = scenario.Settings.Disk;
        }
    }

    /// <summary>The cluster itself.</summary>
    public LabCluster Lab { get; }

    /// <summary>The replica of a node; null when it does not run.</summary>
    public LabReplica? ReplicaOf(int node) => Lab.Nodes[node].Find(Group);

    /// <summary>The value that a node holds; null when it does not run.</summary>
    public long? ValueOf(int node) => ReplicaOf(node) is { } replica ? registers[replica.Machine].Value : null;

    private StateMachineHost<RegisterCommand, long> MakeMachine()
    {
        var register = new Register();
        var host = new StateMachineHost<RegisterCommand, long>(register, Codec, Codec);
        registers.Add(host, register);
        return host;
    }
}
