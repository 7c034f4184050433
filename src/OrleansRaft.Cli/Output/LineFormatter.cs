using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace OrleansRaft.Cli.Output;

/// <summary>One line for each log entry, without stack traces.</summary>
/// <param name="gate">Decides what waits.</param>
/// <param name="time">The clock.</param>
internal sealed class LineFormatter(LogGate gate, TimeProvider time) : ConsoleFormatter(FormatterName)
{
    /// <summary>Its name in <c>Logging:Console:FormatterName</c>; choose <c>simple</c> or <c>json</c> there to see everything.</summary>
    public const string FormatterName = "oraft";

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var text = logEntry.Formatter(logEntry.State, logEntry.Exception).ReplaceLineEndings(" ");
        var reason = logEntry.Exception is { } exception ? $" ({exception.GetType().Name}: {exception.Message.ReplaceLineEndings(" ")})" : "";
        var line = $"{time.GetLocalNow():HH:mm:ss.fff} {Abbreviate(logEntry.LogLevel)} {ShortName(logEntry.Category)}{text}{reason}";
        if (gate.MayPass(logEntry.Category, logEntry.LogLevel, line))
        {
            textWriter.WriteLine(line);
        }
    }

    private static bool IsOurs(string category) => category.StartsWith("OrleansRaft", StringComparison.Ordinal);

    private static string ShortName(string category) => IsOurs(category) ? "" : category[(category.LastIndexOf('.') + 1)..] + ": ";

    private static string Abbreviate(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info ",
        LogLevel.Warning => "warn ",
        LogLevel.Error => "error",
        _ => "fatal",
    };
}
