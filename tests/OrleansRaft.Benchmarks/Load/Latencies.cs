using System.Diagnostics;
using HdrHistogram;

namespace OrleansRaft.Benchmarks.Load;

/// <summary>Sorts latencies into the windows of a load. One thread at a time.</summary>
internal sealed class Latencies
{
    private const long NanosecondsMax = 60_000_000_000;
    private const int Digits = 3;

    private readonly LoadTimes times;
    private readonly LongHistogram[] windows;
    private readonly long measuringFrom = Stopwatch.GetTimestamp();

    public Latencies(LoadTimes times)
    {
        this.times = times;
        windows = [.. Enumerable.Range(0, times.Windows).Select(static _ => new LongHistogram(NanosecondsMax, Digits))];
        measuringFrom += (long)(times.WarmUp.TotalSeconds * Stopwatch.Frequency);
        End = measuringFrom + (long)(times.Window.TotalSeconds * times.Windows * Stopwatch.Frequency);
    }

    /// <summary>The timestamp at which nothing more is begun.</summary>
    public long End { get; }

    /// <summary>Notes an operation that ended well.</summary>
    public void Note(long began, long ended)
    {
        if (ended < measuringFrom || ended >= End)
        {
            return;
        }

        var window = (int)(Stopwatch.GetElapsedTime(measuringFrom, ended) / times.Window);
        windows[Math.Min(window, windows.Length - 1)].RecordValue(
            Math.Clamp((long)Stopwatch.GetElapsedTime(began, ended).TotalNanoseconds, 1, NanosecondsMax));
    }

    public IReadOnlyList<WindowResult> Results() => [.. windows.Select(window => WindowResult.Of(window, times.Window))];
}
