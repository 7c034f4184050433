namespace OrleansRaft.Cli.CommandLine;

/// <summary>How <c>oraft</c> ends. The numbers are a contract with scripts: never reuse or renumber one.</summary>
internal enum ExitCode
{
    /// <summary>Done.</summary>
    Ok = 0,

    /// <summary>The cluster, or this machine at start-up, refused; nothing was changed.</summary>
    Refused = 1,

    /// <summary>The command line makes no sense.</summary>
    Usage = 2,

    /// <summary>No server answered; nothing was changed.</summary>
    Unreachable = 3,

    /// <summary>The group has no leader at this moment; nothing was changed.</summary>
    NoLeader = 4,

    /// <summary>A condition was not met, or a key was used before for something else; nothing was changed.</summary>
    Conflict = 5,

    /// <summary>The request may have been applied. Repeating it with the same key is safe.</summary>
    OutcomeUnknown = 6,

    /// <summary>The cluster declared this silo dead; a supervisor restarts it.</summary>
    Evicted = 7,

    /// <summary>Stopped by the keyboard or a signal before the command was done.</summary>
    Interrupted = 130,
}
