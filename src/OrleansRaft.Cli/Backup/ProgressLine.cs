using System.CommandLine;
using System.Globalization;
using OrleansRaft.Cli.CommandLine;

namespace OrleansRaft.Cli.Backup;

/// <summary>A line on standard error that says how far something is, where somebody looks at a terminal; nothing elsewhere.</summary>
/// <param name="error">Standard error.</param>
/// <param name="isShown">Whether somebody looks.</param>
internal sealed class ProgressLine(TextWriter error, bool isShown)
{
    private const double MegaByte = 1_000_000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private long lastShown;
    private int length;

    /// <summary>A line for a command.</summary>
    public static ProgressLine For(ParseResult parsed) => new(
        parsed.InvocationConfiguration.Error,
        ReferenceEquals(parsed.InvocationConfiguration.Error, Console.Error) && !Console.IsErrorRedirected && !parsed.GetValue(CommonOptions.Json));

    /// <summary>So many bytes, for people.</summary>
    public static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / MegaByte:N1} MB");

    /// <summary>How much of the whole.</summary>
    public static string Share(long bytes, long whole) =>
        string.Create(CultureInfo.InvariantCulture, $"{Size(bytes)} of {Size(whole)} ({(whole == 0 ? 100 : bytes * 100 / whole)} %)");

    /// <summary>Shows how far it is; ten times a second at most.</summary>
    public void Show(string text)
    {
        if (!isShown || (lastShown != 0 && TimeProvider.System.GetElapsedTime(lastShown) < Pause))
        {
            return;
        }

        lastShown = TimeProvider.System.GetTimestamp();
        error.Write($"\r{text.PadRight(length)}");
        length = text.Length;
    }

    /// <summary>Takes the line away.</summary>
    public void Clear()
    {
        if (isShown && length > 0)
        {
            error.Write($"\r{new string(' ', length)}\r");
            (length, lastShown) = (0, 0);
        }
    }
}
