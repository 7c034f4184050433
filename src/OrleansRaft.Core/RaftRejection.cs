namespace OrleansRaft.Core;

/// <summary>Why Raft rejects a request, before a host puts it into words. Whatever the reason, the request changed nothing.</summary>
internal enum RaftRejection
{
    /// <summary>This replica does not lead; the hint, if any, says who does.</summary>
    NotLeader = 0,

    /// <summary>Too much is uncommitted, or waits: try again later.</summary>
    Overloaded = 1,

    /// <summary>Leadership is being handed over: try again in a moment.</summary>
    Transferring = 2,

    /// <summary>The leader has not committed an entry of its own term yet, or has another change under way: try again in a moment.</summary>
    NotReady = 3,

    /// <summary>The change was made for another version of the configuration: read it again.</summary>
    ConfigurationConflict = 4,

    /// <summary>The change makes no sense for this configuration: it would leave no voters, or names an unknown replica.</summary>
    InvalidChange = 5,

    /// <summary>One command is larger than a message may be.</summary>
    TooLarge = 6,

    /// <summary>Leader leases are off.</summary>
    LeaseDisabled = 7,
}
