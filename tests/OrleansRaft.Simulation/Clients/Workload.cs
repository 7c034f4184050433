using OrleansRaft.Core;
using OrleansRaft.Lab;
using OrleansRaft.Simulation.Machine;

namespace OrleansRaft.Simulation.Clients;

/// <summary>All clients of a run, and what they saw.</summary>
internal sealed class Workload
{
    private readonly List<Operation> history = [];
    private readonly Dictionary<string, Operation> sent = [];
    private readonly Client[] clients;
    private readonly RandomSource random;

    private static readonly TimeSpan RushedThinkMax = TimeSpan.FromMilliseconds(30);

    private long nextOperation;
    private bool isStopped;
    private TimeSpan rushEnds;
    private TimeSpan restEnds;
    private string? rushed;

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

    public bool IsStopped => isStopped || Cluster.Clock.Now < restEnds;

    /// <summary>The group that all clients crowd upon at the moment, if they do.</summary>
    public string? RushedGroup => Cluster.Clock.Now < rushEnds ? rushed : null;

    /// <summary>The longest pause of a client at the moment.</summary>
    public TimeSpan ThinkMax => RushedGroup is null ? Settings.ThinkMax : RushedThinkMax;

    /// <summary>A client sends this command, once or often.</summary>
    public void Sent(ReadOnlyMemory<byte> envelope, Operation operation) => sent[Convert.ToBase64String(envelope.Span)] = operation;

    /// <summary>Which operation an entry of the log holds; null when none.</summary>
    public Operation? OperationOf(ReadOnlyMemory<byte> body) => sent.GetValueOrDefault(Convert.ToBase64String(body.Span));

    public void Start() => Array.ForEach(clients, client => client.Work());

    /// <summary>Lets all clients crowd upon two registers of a group for a while: what is wrong for a moment only is seen by somebody.</summary>
    public void Rush(string group, TimeSpan duration)
    {
        (rushed, rushEnds) = (group, Cluster.Clock.Now + duration);
        Array.ForEach(clients, client => client.Reconsider());
    }

    /// <summary>Lets all clients rest for a while, so that groups become quiescent.</summary>
    public void Rest(TimeSpan duration)
    {
        restEnds = Cluster.Clock.Now + duration;
        Cluster.Clock.Schedule(duration, () => Array.ForEach(clients, client => client.Reconsider()));
    }

    /// <summary>Begins no further operation. What is under way is finished or given up.</summary>
    public void Stop() => isStopped = true;

    /// <summary>Lets the clients begin operations again.</summary>
    public void Resume()
    {
        isStopped = false;
        restEnds = TimeSpan.Zero;
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

    /// <summary>Lets one more client change a group once.</summary>
    /// <returns>Whether it has been changed by now.</returns>
    public Func<bool> Probe(string group)
    {
        var probe = new Client(this, clients.Length + Cluster.Options.Groups.Count, random.NextBits());
        probe.Probe(group);
        return () => probe.Completed > 0;
    }

    public Operation Invoke(int client, string group, string key, RegisterAction action, long value, long expected, ReadConsistency consistency)
    {
        var id = ++nextOperation;
        var operation = new Operation(
            id,
            client,
            group,
            key,
            new RegisterCommand(id, action, action == RegisterAction.Set ? id : value, expected),
            consistency,
            Cluster.Clock.Steps);
        history.Add(operation);
        return operation;
    }
}
