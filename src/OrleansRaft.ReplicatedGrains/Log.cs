using Microsoft.Extensions.Logging;

namespace OrleansRaft.ReplicatedGrains;

/// <summary>Every message this project logs. Event ids are public: never reuse or renumber one.</summary>
internal static partial class Log
{
    [LoggerMessage(8001, LogLevel.Debug, "{Method} of '{Key}' threw at entry {Entry}, and changed nothing; its caller gets the exception without "
        + "this stack")]
    public static partial void CallThrew(ILogger logger, Exception exception, string method, string key, string entry);
}
