using System.CommandLine;
using System.Globalization;
using OrleansRaft.Cli.CommandLine;

namespace OrleansRaft.Cli.Backup;

/// <summary>A line on standard error that says how far something is, where somebody looks at a terminal; nothing elsewhere.</summary>
/// <param name="error">Standard error.</param>
/// <param name="isShown">Whether somebody looks.</param>
/// <param name="columns">How many columns the terminal has: a line that is longer would stay behind, once for each time that it is shown.</param>
/// <param name="time">The clock.</param>
internal sealed class ProgressLine(TextWriter error, bool isShown, Func<int> columns, TimeProvider time)
{
    private const double MegaByte = 1_000_000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private long? lastShown;
    private int length;

    /// <summary>A line for a command.</summary>
    public static ProgressLine For(ParseResult parsed) => new(
        parsed.InvocationConfiguration.Error,
        ReferenceEquals(parsed.InvocationConfiguration.Error, Console.Error) && !Console.IsErrorRedirected && !parsed.GetValue(CommonOptions.Json),
        static () => Console.WindowWidth,
        TimeProvider.System);

    /// <summary>So many bytes, for people.</summary>
    public static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / MegaByte:N1} MB");

    /// <summary>How much of the whole.</summary>
    public static string Share(long bytes, long whole) =>
        string.Create(CultureInfo.InvariantCulture, $"{Size(bytes)} of {Size(whole)} ({(whole == 0 ? 100 : bytes * 100 / whole)} %)");

    /// <summary>Shows how far it is; ten times a second at most.</summary>
    public void Show(string text)
    {
        if (!isShown || (lastShown is { } last && time.GetElapsedTime(last) < Pause))
        {
            return;
        }

        lastShown = time.GetTimestamp();
        var line = Fit(text);
        error.Write($"\r{line.PadRight(length)}");
        length = line.Length;
    }

    /// <summary>Takes the line away.</summary>
    public void Clear()
    {
        if (isShown && length > 0)
        {
            error.Write($"\r{new string(' ', length)}\r");
            (length, lastShown) = (0, null);
        }
    }

    /// <summary>
    /// What is left of a text that is too long is its end, where the figures are. The last column is left alone: some terminals go on then.
    /// </summary>
    private string Fit(string text)
    {
        var room = Math.Max(columns() - 1, 1);
        return text.Length <= room ? text : $"…{text[^(room - 1)..]}";
    }
}
