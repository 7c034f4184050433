using HdrHistogram;

namespace OrleansRaft.Cli.Bench;

/// <summary>Counts and times what the connections of a bench do. Any thread.</summary>
internal sealed class BenchMeter
{
    private const long MicrosecondsMax = 120_000_000;

    private readonly Lock gate = new();
    private readonly LongHistogram overall = new(MicrosecondsMax, 3);
    private readonly LongHistogram recent = new(MicrosecondsMax, 3);
    private long failed;
    private long recentFailed;
    private string firstFailure = "";

    /// <summary>Notes an operation that succeeded.</summary>
    public void Succeeded(TimeSpan latency)
    {
        var microseconds = Math.Clamp((long)latency.TotalMicroseconds, 1, MicrosecondsMax);
        lock (gate)
        {
            overall.RecordValue(microseconds);
            recent.RecordValue(microseconds);
        }
    }

    /// <summary>Notes one that did not.</summary>
    public void Failed(string why)
    {
        lock (gate)
        {
            failed++;
            recentFailed++;
            firstFailure = firstFailure.Length == 0 ? why : firstFailure;
        }
    }

    /// <summary>What happened since the last call.</summary>
    public (long Count, double P50, double P99, long Failed) TakeRecent()
    {
        lock (gate)
        {
            var taken = recent.TotalCount == 0
                ? (0L, 0d, 0d, recentFailed)
                : (recent.TotalCount, Milliseconds(recent, 50), Milliseconds(recent, 99), recentFailed);
            recent.Reset();
            recentFailed = 0;
            return taken;
        }
    }

    /// <summary>The whole run.</summary>
    /// <param name="elapsed">How long it was.</param>
    public BenchResult Summarize(TimeSpan elapsed)
    {
        lock (gate)
        {
            return overall.TotalCount == 0
                ? new BenchResult(0, failed, 0, 0, 0, 0, 0, 0, 0, firstFailure)
                : new BenchResult(
                    overall.TotalCount,
                    failed,
                    Math.Round(overall.TotalCount / elapsed.TotalSeconds, 1),
                    Math.Round(overall.GetMean() / 1e3, 3),
                    Milliseconds(overall, 50),
                    Milliseconds(overall, 90),
                    Milliseconds(overall, 99),
                    Milliseconds(overall, 99.9),
                    Math.Round(overall.GetMaxValue() / 1e3, 3),
                    firstFailure);
        }
    }

    private static double Milliseconds(LongHistogram histogram, double percentile) => Math.Round(histogram.GetValueAtPercentile(percentile) / 1e3, 3);
}

/// <summary>What a bench found; times in milliseconds.</summary>
internal sealed record BenchResult(
    long Operations, long Failed, double PerSecond, double Mean, double P50, double P90, double P99, double P999, double Max, string FirstFailure);
