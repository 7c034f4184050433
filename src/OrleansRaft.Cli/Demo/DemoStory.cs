using System.Globalization;

namespace OrleansRaft.Cli.Demo;

/// <summary>What happened so far, in lines that begin with the seconds since the start.</summary>
/// <param name="output">Where lines go while no screen shows them.</param>
/// <param name="time">The clock.</param>
internal sealed class DemoStory(TextWriter output, TimeProvider time)
{
    private const int KeptMax = 12;

    private readonly Lock gate = new();
    private readonly Queue<string> last = [];
    private readonly long began = time.GetTimestamp();
    private bool isOnScreen;

    /// <summary>How long the demo has been running.</summary>
    public TimeSpan Elapsed => time.GetElapsedTime(began);

    /// <summary>The last lines.</summary>
    public IReadOnlyList<string> Last
    {
        get
        {
            lock (gate)
            {
                return [.. last];
            }
        }
    }

    /// <summary>From now on a screen shows the lines, or no longer.</summary>
    public void ShowOnScreen(bool value)
    {
        lock (gate)
        {
            isOnScreen = value;
        }
    }

    /// <summary>Tells a line.</summary>
    public void Tell(string text)
    {
        var line = $"{Elapsed.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture),5} s  {text}";
        lock (gate)
        {
            last.Enqueue(line);
            if (last.Count > KeptMax)
            {
                last.Dequeue();
            }

            if (!isOnScreen)
            {
                output.WriteLine(line);
            }
        }
    }

    /// <summary>Writes a line as it is, after the screen is gone.</summary>
    public void Write(string text)
    {
        lock (gate)
        {
            output.WriteLine(text);
        }
    }
}
