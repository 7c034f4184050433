using System.CommandLine;
using System.Text;
using Microsoft.Extensions.Logging;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Output;

namespace OrleansRaft.Cli.Maelstrom;

/// <summary><c>oraft maelstrom</c>: a node of Jepsen's Maelstrom workbench.</summary>
internal static class MaelstromCommand
{
    private static readonly Option<DirectoryInfo> Data = new("--data")
    {
        Description = "The directory of the log; each node has a part of its own in it, and goes on with it when it is started again.",
        HelpName = "DIR",
        Required = true,
    };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new Command(
            "maelstrom", "Runs one replica as a node of Jepsen's Maelstrom (workload lin-kv): JSON lines on stdin and stdout, logs on stderr.")
        {
            Data,
        };
        command.SetAction(async (parsed, cancellation) => (int)await RunAsync(parsed, cancellation));
        return command;
    }

    private static async Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        using var interruption = new Interruption(cancellation);
        using var logging = LoggerFactory.Create(builder => builder
            .SetMinimumLevel(LogLevel.Information)
            .AddSimpleConsole(console => console.SingleLine = true)
            .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        using var input = new StreamReader(StandardStreams.OpenInput(), new UTF8Encoding(false));
        await using var output = new StreamWriter(StandardStreams.OpenOutput(), new UTF8Encoding(false));
        await using var node = new MaelstromNode(parsed.GetRequiredValue(Data).FullName, logging.CreateLogger("oraft"));
        if (await node.RunAsync(input, output, interruption.Token) is { } failure)
        {
            throw new CliException(
                ExitCode.Refused,
                $"the node cannot go on: {failure.Message.TrimEnd('.')}.",
                "Mend the cause and start it again with the same --data.");
        }

        return interruption.Signal is null ? ExitCode.Ok : interruption.ExitCode;
    }
}
