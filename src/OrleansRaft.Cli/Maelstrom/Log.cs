using Microsoft.Extensions.Logging;

namespace OrleansRaft.Cli.Maelstrom;

/// <summary>What a Maelstrom node logs.</summary>
internal static partial class Log
{
    [LoggerMessage(7001, LogLevel.Warning, "a line of the standard input was ignored: {Reason}")]
    public static partial void LineIgnored(ILogger logger, string reason);
}
