namespace OrleansRaft.Lab.Scenarios;

/// <summary>What a step of a scenario does.</summary>
/// <param name="Kind">The word for it in the file.</param>
internal abstract record ScenarioAction(string Kind);

/// <summary>Lets time pass.</summary>
internal sealed record WaitAction(TimeSpan For) : ScenarioAction("wait");

/// <summary>Lets time pass until something holds; when it does not in time, the scenario goes another way than expected.</summary>
internal sealed record UntilAction(IReadOnlyList<Condition> Conditions, TimeSpan Limit) : ScenarioAction("until");

/// <summary>Checks what is expected.</summary>
internal sealed record ExpectAction(IReadOnlyList<Condition> Conditions) : ScenarioAction("expect");

/// <summary>Does something to nodes: stop, start, pause, resume, campaign or isolate.</summary>
internal sealed record NodesAction(string Kind, IReadOnlyList<int> Nodes) : ScenarioAction(Kind);

/// <summary>Cuts links: both ways between two nodes (cut), one way (lose).</summary>
internal sealed record LinkAction(string Kind, int From, int To) : ScenarioAction(Kind);

/// <summary>Divides the nodes into two sides.</summary>
internal sealed record SplitAction(IReadOnlyList<int> Side, IReadOnlyList<int> Rest) : ScenarioAction("split");

/// <summary>Restores every link that was cut.</summary>
internal sealed record HealAction() : ScenarioAction("heal");

/// <summary>Makes messages from one node to another take a time.</summary>
internal sealed record DelayAction(int From, int To, TimeSpan Takes) : ScenarioAction("delay");

/// <summary>Sets the election timeouts that are running, in ticks.</summary>
internal sealed record TimeoutAction(IReadOnlyList<(int Node, int Ticks)> Timeouts) : ScenarioAction("timeout");

/// <summary>A client sends commands, or asks for the value.</summary>
/// <param name="Client">Its name.</param>
/// <param name="Command">The command; null to ask.</param>
/// <param name="Via">The node that is asked; null for whoever leads.</param>
/// <param name="IsStale">Of a question, whether an old answer will do.</param>
/// <param name="Times">How often.</param>
/// <param name="Every">The time between two of them.</param>
internal sealed record ClientAction(
    string Client, RegisterCommand? Command, int? Via, bool IsStale, int Times, TimeSpan Every) : ScenarioAction("client")
{
    /// <summary>What it sends, in words.</summary>
    public string Text => Command?.ToString() ?? (IsStale ? "GET (stale)" : "GET");
}
