namespace OrleansRaft.Simulation.Machine;

/// <summary>What is wrong with the state machines of one node, as faults decide: they throw, and they see who calls them.</summary>
/// <param name="node">The node's number.</param>
/// <param name="mayNotRun">Whether no user's code may run at this moment.</param>
/// <param name="report">Told of a property that does not hold, and the detail.</param>
internal sealed class MachineTrouble(int node, Func<bool> mayNotRun, Action<string, string> report)
{
    /// <summary>How many commands throw before all is well again.</summary>
    public int ThrowsLeft { get; set; }

    /// <summary>While it is not zero, every command throws whose operation leaves this remainder, again and again.</summary>
    public (long Divisor, long Remainder) Poison { get; set; }

    /// <summary>Whether queries throw.</summary>
    public bool QueriesThrow { get; set; }

    public void OnApply(long operation)
    {
        OnCall();
        if (ThrowsLeft > 0)
        {
            ThrowsLeft--;
            throw new SimulatedException($"operation {operation} throws this time");
        }

        if (Poison.Divisor != 0 && operation % Poison.Divisor == Poison.Remainder)
        {
            throw new SimulatedException($"operation {operation} throws here");
        }
    }

    public void OnQuery(long operation)
    {
        OnCall();
        if (QueriesThrow)
        {
            throw new SimulatedException($"query {operation} throws");
        }
    }

    public void OnCall()
    {
        if (mayNotRun())
        {
            report("a user's machine never runs on the turn that steps Raft", $"it did on node {node}");
        }
    }

    private sealed class SimulatedException(string message) : Exception(message);
}

/// <summary>The troubles of all nodes.</summary>
/// <param name="mayNotRun">Whether no user's code may run on a node at this moment.</param>
/// <param name="report">Told of a property that does not hold, and the detail.</param>
internal sealed class MachineTroubles(Func<int, bool> mayNotRun, Action<string, string> report)
{
    private readonly Dictionary<int, MachineTrouble> byNode = [];

    public MachineTrouble On(int node)
    {
        if (!byNode.TryGetValue(node, out var trouble))
        {
            byNode.Add(node, trouble = new MachineTrouble(node, () => mayNotRun(node), report));
        }

        return trouble;
    }
}
