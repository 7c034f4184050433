namespace OrleansRaft.Cli.Output;

/// <summary>
/// The whole terminal, drawn anew each time at the size that it has at that moment. What was on it before comes back at the end.
/// </summary>
/// <remarks>
/// Spectre's live display moves the cursor up by the height of what it drew last. A resize wraps those lines anew, and what does not fit scrolls
/// away, so it leaves debris in both cases. Here each frame begins at the top left and ends with the last line that fits.
/// </remarks>
internal sealed class TerminalScreen : IDisposable
{
    private const string Enter = "\u001b[?1049h\u001b[?25l";
    private const string Leave = "\u001b[?25h\u001b[?1049l";
    private const string Home = "\u001b[H";
    private const string ClearRestOfLine = "\u001b[K";
    private const string ClearRestOfScreen = "\u001b[J";

    private readonly Action<string> write;

    /// <summary>Takes the terminal over.</summary>
    /// <param name="terminal">Where it is written to.</param>
    public TerminalScreen(TextWriter terminal)
    {
        write = text =>
        {
            terminal.Write(text);
            terminal.Flush();
        };
        write(Enter);
    }

    /// <summary>Draws a frame at the terminal's present size.</summary>
    /// <param name="compose">Makes the frame for a number of rows.</param>
    public void Draw(Func<int, ScreenFrame> compose)
    {
        // The last column stays empty: a terminal that is written to there may wrap before it is told where the line ends.
        var (width, height) = (Math.Max(20, Console.WindowWidth - 1), Math.Max(4, Console.WindowHeight));
        var lines = compose(height).Fit(width, height);
        write(Home + string.Join(ClearRestOfLine + "\r\n", lines) + ClearRestOfLine + ClearRestOfScreen);
    }

    /// <inheritdoc/>
    public void Dispose() => write(Leave);
}
