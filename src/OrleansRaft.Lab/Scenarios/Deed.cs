namespace OrleansRaft.Lab.Scenarios;

/// <summary>What a step of a scenario does.</summary>
/// <param name="Kind">The word for it in the file.</param>
internal abstract record Deed(string Kind);

/// <summary>Lets time pass.</summary>
internal sealed record WaitDeed(TimeSpan For) : Deed("wait");

/// <summary>Lets time pass until something holds; when it does not in time, the scenario goes another way than expected.</summary>
internal sealed record UntilDeed(IReadOnlyList<Condition> Conditions, TimeSpan Limit) : Deed("until");

/// <summary>Checks what is expected.</summary>
internal sealed record ExpectDeed(IReadOnlyList<Condition> Conditions) : Deed("expect");

/// <summary>Does something to nodes: stop, start, pause, resume, campaign or isolate.</summary>
internal sealed record NodesDeed(string Kind, IReadOnlyList<int> Nodes) : Deed(Kind);

/// <summary>Cuts links: both ways between two nodes (cut), one way (lose).</summary>
internal sealed record LinkDeed(string Kind, int From, int To) : Deed(Kind);

/// <summary>Divides the nodes into two sides.</summary>
internal sealed record SplitDeed(IReadOnlyList<int> Side, IReadOnlyList<int> Rest) : Deed("split");

/// <summary>Restores every link that was cut.</summary>
internal sealed record HealDeed() : Deed("heal");

/// <summary>Makes messages from one node to another take a time.</summary>
internal sealed record DelayDeed(int From, int To, TimeSpan Takes) : Deed("delay");

/// <summary>Sets the election timeouts that are running, in ticks.</summary>
internal sealed record TimeoutDeed(IReadOnlyList<(int Node, int Ticks)> Timeouts) : Deed("timeout");

/// <summary>A client sends commands, or asks for the value.</summary>
/// <param name="Client">Its name.</param>
/// <param name="Command">The command; null to ask.</param>
/// <param name="Via">The node that is asked; null for whoever leads.</param>
/// <param name="IsStale">Of a question, whether an old answer will do.</param>
/// <param name="Times">How often.</param>
/// <param name="Every">The time between two of them.</param>
internal sealed record ClientDeed(string Client, RegisterCommand? Command, int? Via, bool IsStale, int Times, TimeSpan Every) : Deed("client")
{
    /// <summary>What it sends, in words.</summary>
    public string Text => Command?.ToString() ?? (IsStale ? "GET (stale)" : "GET");
}
