using HdrHistogram;

namespace OrleansRaft.Benchmarks.Load;

/// <summary>What a load achieved in one window of time.</summary>
/// <param name="Operations">How many operations ended well.</param>
/// <param name="Elapsed">How long the window was.</param>
/// <param name="P50">The median latency in microseconds.</param>
/// <param name="P99">The 99th percentile in microseconds.</param>
/// <param name="Max">The longest in microseconds.</param>
internal sealed record WindowResult(long Operations, TimeSpan Elapsed, double P50, double P99, double Max)
{
    public double PerSecond => Operations / Elapsed.TotalSeconds;

    public static WindowResult Of(LongHistogram latencies, TimeSpan elapsed) => latencies.TotalCount == 0
        ? new WindowResult(0, elapsed, 0, 0, 0)
        : new WindowResult(
            latencies.TotalCount,
            elapsed,
            latencies.GetValueAtPercentile(50) / 1e3,
            latencies.GetValueAtPercentile(99) / 1e3,
            latencies.GetMaxValue() / 1e3);
}

/// <summary>What a load did from its first request to its last answer.</summary>
/// <param name="Windows">The windows that were measured, in order.</param>
/// <param name="Acknowledged">Operations that ended well, those of the warm-up too.</param>
/// <param name="Refused">Operations that certainly changed nothing.</param>
/// <param name="Open">Operations of which it is unknown whether they changed something.</param>
/// <param name="Complaint">The first answer that was no success; empty when there was none.</param>
internal sealed record LoadResult(IReadOnlyList<WindowResult> Windows, long Acknowledged, long Refused, long Open, string Complaint)
{
    public WindowResult Only => Windows[0];
}

/// <summary>How long a load runs.</summary>
/// <param name="WarmUp">Before anything is measured.</param>
/// <param name="Window">The length of a window.</param>
/// <param name="Windows">How many windows follow each other.</param>
internal sealed record LoadTimes(TimeSpan WarmUp, TimeSpan Window, int Windows = 1);
