using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OrleansRaft.Server;

/// <summary>Every message this project logs. Event ids are public: never reuse or renumber one.</summary>
internal static partial class Log
{
    [LoggerMessage(5001, LogLevel.Error, "{Method} {Path} failed by an error of this server; the client was answered with internal-error")]
    public static partial void RequestFailed(ILogger logger, string method, PathString path, Exception exception);
}
