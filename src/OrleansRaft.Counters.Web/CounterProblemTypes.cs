namespace OrleansRaft.Counters.Web;

/// <summary>The stable values of <c>type</c> of the problems that are the counters' own. They are public: programs decide by them.</summary>
public static class CounterProblemTypes
{
    /// <summary>404: there is no such counter.</summary>
    public const string UnknownCounter = "unknown-counter";

    /// <summary>404: the tenant has no note.</summary>
    public const string UnknownNote = "unknown-note";

    /// <summary>422: the sum does not fit into 64 bits; nothing was changed.</summary>
    public const string Overflow = "overflow";

    /// <summary>507: the counter is new, and its group's state is as large as <c>Raft:StateBytesMax</c> allows; nothing was changed.</summary>
    public const string StateFull = "state-full";
}
