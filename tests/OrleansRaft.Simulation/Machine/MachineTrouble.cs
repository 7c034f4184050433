using OrleansRaft.Lab;

namespace OrleansRaft.Simulation.Machine;

/// <summary>What is wrong with the state machines of one node, as faults decide: they throw, and they see who calls them.</summary>
/// <param name="node">The node.</param>
/// <param name="runsApart">Whether the machines run apart from the turns that step Raft.</param>
/// <param name="report">Told of a property that does not hold, and the detail.</param>
internal sealed class MachineTrouble(LabNode node, bool runsApart, Action<string, string> report)
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
        if (runsApart && node.IsInTurn)
        {
            report("a user's machine never runs on the turn that steps Raft", $"it did on node {node.Index}");
        }
    }

    private sealed class SimulatedException(string message) : Exception(message);
}

/// <summary>The troubles of all nodes.</summary>
internal sealed class MachineTroubles(bool runsApart, Action<string, string> report)
{
    private readonly Dictionary<int, MachineTrouble> byNode = [];

    public MachineTrouble On(LabNode node)
    {
        if (!byNode.TryGetValue(node.Index, out var trouble))
        {
            byNode.Add(node.Index, trouble = new MachineTrouble(node, runsApart, report));
        }

        return trouble;
    }
}
