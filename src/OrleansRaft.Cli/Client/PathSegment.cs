using OrleansRaft.Cli.CommandLine;

namespace OrleansRaft.Cli.Client;

/// <summary>A name on its way into a path.</summary>
internal static class PathSegment
{
    /// <summary>The name, escaped.</summary>
    /// <exception cref="CliException">
    /// It is empty, <c>.</c> or <c>..</c>: no escape keeps those from being taken for a step to another resource, such as from one fault to all of
    /// them.
    /// </exception>
    public static string Of(string name) => name is "" or "." or ".."
        ? throw new CliException(
            ExitCode.Usage, $"'{name}' names nothing.", "Give a name as the lists print it, such as counters-0 of `oraft group list`.")
        : Uri.EscapeDataString(name);
}
