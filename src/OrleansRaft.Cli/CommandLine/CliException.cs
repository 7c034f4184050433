namespace OrleansRaft.Cli.CommandLine;

/// <summary>Ends a command with a message for people: what happened, and what to do next.</summary>
/// <param name="exitCode">What the process ends with.</param>
/// <param name="message">What happened, to what; one sentence or two.</param>
/// <param name="next">What to do next; one sentence.</param>
internal sealed class CliException(ExitCode exitCode, string message, string next) : Exception(message)
{
    /// <summary>What the process ends with.</summary>
    public ExitCode ExitCode { get; } = exitCode;

    /// <summary>What to do next.</summary>
    public string Next { get; } = next;
}
