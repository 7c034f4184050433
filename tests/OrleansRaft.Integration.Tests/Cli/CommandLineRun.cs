using System.Text.Json;
using OrleansRaft.Cli.CommandLine;

namespace OrleansRaft.Integration.Tests.Cli;

/// <summary>One command line, run inside the test process.</summary>
/// <param name="ExitCode">What the process would have ended with.</param>
/// <param name="Output">What it wrote to stdout.</param>
/// <param name="Error">What it wrote to stderr.</param>
internal sealed record CommandLineRun(int ExitCode, string Output, string Error)
{
    /// <summary>The lines of stdout, each a JSON object.</summary>
    public IReadOnlyList<JsonElement> Objects =>
        [.. Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];

    /// <summary>Runs a command line against a server.</summary>
    public static async Task<CommandLineRun> AtAsync(Uri server, params IEnumerable<string> arguments) =>
        await RunAsync([.. arguments, "--server", server.AbsoluteUri]);

    /// <summary>Runs a command line.</summary>
    public static async Task<CommandLineRun> RunAsync(params IEnumerable<string> arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await Oraft.RunAsync([.. arguments], output, error, TestContext.Current.CancellationToken);
        return new CommandLineRun(exitCode, output.ToString(), error.ToString());
    }
}
