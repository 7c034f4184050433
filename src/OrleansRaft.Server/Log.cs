using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OrleansRaft.Server;

/// <summary>Every message this project logs. Event ids are public: never reuse or renumber one.</summary>
internal static partial class Log
{
    [LoggerMessage(5001, LogLevel.Error, "{Method} {Path} failed by an error of this server; the client was answered with internal-error")]
    public static partial void RequestFailed(ILogger logger, string method, PathString path, Exception exception);

    [LoggerMessage(5002, LogLevel.Warning, "The catalogue, which keeps the API keys, cannot be read: {Problem}. What is known holds for {Patience}")]
    public static partial void KeysNotRead(ILogger logger, string problem, TimeSpan patience);

    [LoggerMessage(5003, LogLevel.Warning, "{Who} may not {Method} {Path}, and was refused; it came from {From}")]
    public static partial void RequestForbidden(ILogger logger, string who, string method, PathString path, System.Net.IPAddress? from);

    [LoggerMessage(5101, LogLevel.Information, "{Who} from {From} did {What}; answered {Result}")]
    public static partial void Changed(ILogger logger, string who, string from, string what, string result);

    [LoggerMessage(5102, LogLevel.Warning, "{Who} from {From} tried {What}; refused with {Result}")]
    public static partial void ChangeRefused(ILogger logger, string who, string from, string what, string result);

    [LoggerMessage(
        5103,
        LogLevel.Warning,
        "{Lost} entries are missing in the catalogue's audit, which could not be written for too long; the log has them")]
    public static partial void AuditIncomplete(ILogger logger, long lost);
}
