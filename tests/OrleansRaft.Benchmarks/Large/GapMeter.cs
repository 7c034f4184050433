using System.Diagnostics;

namespace OrleansRaft.Benchmarks.Large;

/// <summary>What callers saw for some time.</summary>
/// <param name="Count">How many calls were acknowledged.</param>
/// <param name="Failed">How many were not.</param>
/// <param name="Elapsed">For how long they called.</param>
/// <param name="Longest">The longest call that was acknowledged.</param>
/// <param name="Gap">The longest time in which none was acknowledged.</param>
/// <param name="Complaint">The first failure, in words; empty when there was none.</param>
internal sealed record GapResult(long Count, long Failed, TimeSpan Elapsed, TimeSpan Longest, TimeSpan Gap, string Complaint)
{
    public double PerSecond => Count / Elapsed.TotalSeconds;

    /// <summary>The longest gaps, the longest first.</summary>
    internal IReadOnlyList<Stall> Gaps { get; init; } = [];
}

/// <summary>A closed loop of callers that measures for how long nobody, and one of them, waits.</summary>
internal sealed class GapMeter
{
    private const int GapsMax = 8;

    private readonly Lock gate = new();
    private readonly List<Stall> gaps = [];
    private readonly long began = Stopwatch.GetTimestamp();
    private long last;
    private long count;
    private long failed;
    private TimeSpan longest;
    private TimeSpan gap;
    private string complaint = "";

    private GapMeter() => last = began;

    /// <summary>Calls until told otherwise.</summary>
    /// <param name="callers">How many callers.</param>
    /// <param name="call">One call, by the number of its caller; throws when it fails.</param>
    /// <param name="isOver">Whether to make no further call.</param>
    public static async Task<GapResult> RunAsync(int callers, Func<int, Task> call, Func<bool> isOver)
    {
        var meter = new GapMeter();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(() => meter.CallAsync(caller, call, isOver))));
        return new GapResult(
            meter.count, meter.failed, Stopwatch.GetElapsedTime(meter.began, meter.last), meter.longest, meter.gap, meter.complaint)
        {
            Gaps = meter.gaps,
        };
    }

    private async Task CallAsync(int caller, Func<int, Task> call, Func<bool> isOver)
    {
        while (!isOver())
        {
            var started = Stopwatch.GetTimestamp();
            try
            {
                await call(caller);
            }
            catch (Exception failure)
            {
                lock (gate)
                {
                    failed++;
                    complaint = complaint.Length == 0 ? failure.Message : complaint;
                }

                continue;
            }

            lock (gate)
            {
                var now = Stopwatch.GetTimestamp();
                count++;
                longest = Longer(longest, Stopwatch.GetElapsedTime(started, now));
                NoteGap(now);
                last = now;
            }
        }
    }

    private void NoteGap(long now)
    {
        var length = Stopwatch.GetElapsedTime(last, now);
        gap = Longer(gap, length);
        if (gaps.Count < GapsMax || length > gaps[^1].Length)
        {
            gaps.Add(new Stall("no write", last, now));
            gaps.Sort(static (one, other) => other.Length.CompareTo(one.Length));
            gaps.RemoveRange(Math.Min(gaps.Count, GapsMax), Math.Max(0, gaps.Count - GapsMax));
        }
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
