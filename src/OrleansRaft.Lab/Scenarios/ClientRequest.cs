namespace OrleansRaft.Lab.Scenarios;

/// <summary>A client's request.</summary>
internal sealed record ClientRequest
{
    /// <summary>Who asks.</summary>
    public required string Client { get; init; }

    /// <summary>What, in words.</summary>
    public required string Command { get; init; }

    /// <summary>Which node.</summary>
    public required string Via { get; init; }

    /// <summary>When.</summary>
    public required double Sent { get; init; }

    /// <summary>When the answer came; null as long as there is none.</summary>
    public double? Answered { get; internal set; }

    /// <summary><c>committed</c>, <c>rejected</c>, <c>unknown</c>, or <c>waiting</c>.</summary>
    public string Outcome { get; internal set; } = "waiting";

    /// <summary>The value that was answered, if one was.</summary>
    public long? Value { get; internal set; }

    /// <summary>What the node said besides; empty when nothing.</summary>
    public string Text { get; internal set; } = "";
}
