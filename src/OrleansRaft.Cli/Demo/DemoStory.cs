using System.Globalization;
using OrleansRaft.Cli.Output;
using Spectre.Console;

namespace OrleansRaft.Cli.Demo;

/// <summary>What happened so far, in lines that begin with the seconds since the start.</summary>
/// <param name="output">Where lines go while no screen shows them.</param>
/// <param name="width">At how many columns lines are wrapped; null leaves them as long as they are.</param>
/// <param name="time">The clock.</param>
internal sealed class DemoStory(TextWriter output, int? width, TimeProvider time)
{
    private const int KeptMax = 12;

    private readonly Lock gate = new();
    private readonly Queue<TimedLine> last = [];
    private readonly long began = time.GetTimestamp();
    private bool isOnScreen;

    /// <summary>How long the demo has been running.</summary>
    public TimeSpan Elapsed => time.GetElapsedTime(began);

    /// <summary>The last lines.</summary>
    public IReadOnlyList<TimedLine> Last
    {
        get
        {
            lock (gate)
            {
                return [.. last];
            }
        }
    }

    /// <summary>From now on a screen shows the lines, or no longer: what it showed last is then written below each other.</summary>
    public void ShowOnScreen(bool value)
    {
        lock (gate)
        {
            isOnScreen = value;
            if (!value)
            {
                Write([.. last]);
            }
        }
    }

    /// <summary>Tells a line.</summary>
    public void Tell(string text)
    {
        var line = new TimedLine($"{Elapsed.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture),5} s", text);
        lock (gate)
        {
            last.Enqueue(line);
            if (last.Count > KeptMax)
            {
                last.Dequeue();
            }

            if (!isOnScreen)
            {
                Write([line]);
            }
        }
    }

    /// <summary>Writes a line without a time, after the screen is gone.</summary>
    public void Write(string text)
    {
        lock (gate)
        {
            foreach (var line in width is { } columns && text.Length > 0 ? RenderedLines.Of(new Text(text), columns, isColored: false) : [text])
            {
                output.WriteLine(line.TrimEnd());
            }
        }
    }

    private void Write(IReadOnlyList<TimedLine> lines)
    {
        foreach (var line in width is { } columns ? RenderedLines.Of(lines, columns) : lines.Select(line => line.ToString()))
        {
            output.WriteLine(line);
        }
    }
}
