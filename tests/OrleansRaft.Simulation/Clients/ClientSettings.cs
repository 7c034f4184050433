namespace OrleansRaft.Simulation.Clients;

/// <summary>How the clients of a run behave.</summary>
internal sealed record ClientSettings
{
    public int Clients { get; init; } = 6;

    /// <summary>How many registers each group has.</summary>
    public int Keys { get; init; } = 4;

    /// <summary>The longest pause between two operations of a client; the mean is half of it.</summary>
    public TimeSpan ThinkMax { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a client waits for one attempt.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a client tries before it gives an operation up.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>For how long of the group's time a command is valid.</summary>
    public TimeSpan Validity { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How often a copy of a command is sent once more, up to many seconds later, in percent.</summary>
    public int LateCopyPercent { get; init; } = 5;

    /// <summary>Whether clients do not say of a command that only the newer build of the state machine knows it.</summary>
    public bool ForgetsMarks { get; init; }

    /// <summary>Whether some reads ask for the leader's lease.</summary>
    public bool UsesLease { get; init; }
}
