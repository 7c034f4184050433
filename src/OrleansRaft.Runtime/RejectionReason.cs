namespace OrleansRaft;

/// <summary>Why a request was refused. The values are public: never reuse or renumber one.</summary>
public enum RejectionReason
{
    /// <summary>No leader could be reached in time: the group elects, or has lost its majority.</summary>
    NoLeader = 0,

    /// <summary>Too much waits already.</summary>
    Overloaded = 1,

    /// <summary>There is no such group.</summary>
    UnknownGroup = 2,

    /// <summary>The request id was used for another request.</summary>
    RequestIdReused = 3,

    /// <summary>
    /// The request arrived after its deadline in log time, or with one so far ahead that its id would be forgotten before it; send it with one after
    /// the time of this answer.
    /// </summary>
    Expired = 4,

    /// <summary>The table of request ids or sessions is full.</summary>
    SessionTableFull = 5,

    /// <summary>The client session has expired or never was.</summary>
    UnknownSession = 6,

    /// <summary>The command is larger than a message may be.</summary>
    TooLarge = 7,

    /// <summary>Leader leases are off.</summary>
    LeaseDisabled = 8,

    /// <summary>A membership change was made for another version of the configuration.</summary>
    ConfigurationConflict = 9,

    /// <summary>A request that makes no sense for the group as it is.</summary>
    InvalidRequest = 10,

    /// <summary>
    /// Nobody that could answer was reached in time: no silo, or a leader that is there but does not answer. The request changed nothing.
    /// </summary>
    Unreachable = 11,

    /// <summary>
    /// The state machine's own code threw on a query, or its answer cannot be encoded. Nothing was changed; the same query throws again.
    /// </summary>
    MachineFailed = 12,

    /// <summary>
    /// The group's state machine threw on an entry of its log, so nothing after that entry is applied. Nothing was changed; another program mends it.
    /// </summary>
    MachineHalted = 13,

    /// <summary>
    /// The command is in the log, its entry halted the group's state machine, and an operator decided that the entry is skipped. It is not applied,
    /// and is not under this id: send it under a new one.
    /// </summary>
    Skipped = 14,

    /// <summary>
    /// The replica's program does not support the version at which the group's state machine works, so it serves nothing. Nothing was changed;
    /// another replica may serve.
    /// </summary>
    VersionBehind = 15,

    /// <summary>
    /// The request needs a later version of the state machine than the one in force in the group. Nothing was changed; it can be served when the
    /// version was raised, which happens when all of the group's silos run a program that supports it.
    /// </summary>
    VersionNotRaised = 16,
}
