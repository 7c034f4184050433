using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Driving;

/// <summary>What was posted to a replica while it was busy, apart from commands and completions.</summary>
internal sealed class InboxBatch
{
    public Queue<Receive> Messages { get; } = new();

    public Queue<ControlRequest> Controls { get; } = new();

    public Queue<QueryBatch> Queries { get; } = new();

    public Queue<Inspection> Inspections { get; } = new();

    public bool Tick { get; set; }

    /// <summary>The host's call to end quiescence, if there was one.</summary>
    public Unquiesce? Unquiesce { get; set; }

    public long MessageBytes { get; set; }

    public int QueryCount { get; set; }

    public long QueryBytes { get; set; }

    public bool IsEmpty =>
        !Tick && Unquiesce is null && Messages.Count == 0 && Controls.Count == 0 && Queries.Count == 0 && Inspections.Count == 0;

    /// <summary>To be called when everything was taken out, before the batch is filled again.</summary>
    public void Reset()
    {
        Invariant.Holds(IsEmpty, "an inbox batch is used again only when it is empty");
        (MessageBytes, QueryCount, QueryBytes) = (0, 0, 0);
    }
}

/// <summary>An input of operators: a change of members, a transfer of leadership, a campaign, a note that a member cannot be reached.</summary>
/// <param name="Input">What Core is told.</param>
/// <param name="Submission">Who waits for an answer; null when nobody does.</param>
internal sealed record ControlRequest(Input Input, Submission? Submission);
