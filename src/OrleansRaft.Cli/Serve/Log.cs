using Microsoft.Extensions.Logging;

namespace OrleansRaft.Cli.Serve;

/// <summary>Every message that a silo process logs itself. Event ids are public: never reuse or renumber one.</summary>
internal static partial class Log
{
    [LoggerMessage(
        7101,
        LogLevel.Warning,
        "A connection to the {Port} was refused: {Max} are open, the most that the limit of open files allows ({Refused} refused so far); "
            + "raise it with `ulimit -n` or LimitNOFILE=, or find out who keeps so many open")]
    public static partial void ConnectionsRefused(ILogger logger, string port, int max, long refused);

    [LoggerMessage(
        7102,
        LogLevel.Warning,
        "This process may have {Files} files open, which leaves {Http} connections for HTTP, {Gateway} for Orleans clients and {Silos} for silos; "
            + "raise the limit for more, with `ulimit -n 65536` or LimitNOFILE=65536")]
    public static partial void FewFiles(ILogger logger, long files, int http, int gateway, int silos);
}
