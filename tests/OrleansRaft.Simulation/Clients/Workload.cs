using OrleansRaft.Core;
using OrleansRaft.Lab;
using OrleansRaft.Runtime;
using OrleansRaft.Simulation.Machine;

namespace OrleansRaft.Simulation.Clients;

/// <summary>All clients of a run, and what they saw.</summary>
internal sealed class Workload
{
    private readonly List<Operation> history = [];
    private readonly Client[] clients;
    private readonly RandomSource random;

    private long nextOperation;
    private bool isStopped;

    public Workload(LabCluster cluster, ClientSettings settings, Ledger ledger, ulong seed, Action<string> tell)
    {
        Cluster = cluster;
        Settings = settings;
        Ledger = ledger;
        Tell = tell;
        random = new RandomSource(seed);
        clients = [.. Enumerable.Range(0, settings.Clients).Select(number => new Client(this, number, random.NextBits()))];
    }

    public LabCluster Cluster { get; }

    public ClientSettings Settings { get; }

    public Ledger Ledger { get; }

    public Action<string> Tell { get; }

    public IReadOnlyList<Operation> History => history;

    public bool IsQuiet => clients.All(client => client.IsIdle);

    public bool IsStopped => isStopped;

    public void Start() => Array.ForEach(clients, client => client.Work());

    /// <summary>Begins no further operation. What is under way is finished or given up.</summary>
    public void Stop() => isStopped = true;

    /// <summary>Lets the clients begin operations again.</summary>
    public void Resume()
    {
        isStopped = false;
        Start();
    }

    /// <summary>Lets one more client change every group once.</summary>
    /// <returns>Whether all of them have been changed by now.</returns>
    public Func<bool> Probe()
    {
        Client[] probes = [.. Cluster.Options.Groups.Select((group, number) => new Client(this, clients.Length + number, random.NextBits()))];
        foreach (var (number, group) in Cluster.Options.Groups.Index())
        {
            probes[number].Probe(group);
        }

        return () => probes.All(probe => probe.Completed > 0);
    }

    public Operation Invoke(int client, string group, string key, RegisterAction action, long value, long expected, ReadConsistency consistency)
    {
        var id = ++nextOperation;
        var operation = new Operation(id, client, group, key, new RegisterCommand(id, action, action == RegisterAction.Set ? id : value, expected), consistency, Cluster.Clock.Steps);
        history.Add(operation);
        return operation;
    }
}
