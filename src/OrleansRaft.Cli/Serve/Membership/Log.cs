using Microsoft.Extensions.Logging;

namespace OrleansRaft.Cli.Serve.Membership;

/// <summary>Messages about the membership. Event ids are public: never reuse or renumber one.</summary>
internal static partial class Log
{
    [LoggerMessage(
        6101,
        LogLevel.Warning,
        "This machine's clock is behind the last start of {Silo}: it was put back since, or was ahead then. "
            + "The silo joins under the next greater number; see that the clocks of all silos agree")]
    public static partial void ClockIsBehind(ILogger logger, string silo);

    [LoggerMessage(6102, LogLevel.Information, "Declared {Name} at {Silo} dead: it no longer runs, and no silo can join while it counts as active")]
    public static partial void DeclaredDead(ILogger logger, string name, SiloAddress silo);

    [LoggerMessage(6103, LogLevel.Debug, "The membership could not be looked at while this silo joins; it is tried again")]
    public static partial void LookFailed(ILogger logger, Exception cause);
}
