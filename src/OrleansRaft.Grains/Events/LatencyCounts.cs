using System.Diagnostics.Metrics;

namespace OrleansRaft.Grains.Events;

/// <summary>Counts durations in buckets that grow by a fifth, so that percentiles of several silos can be taken together. Any thread.</summary>
internal sealed class LatencyCounts : IDisposable
{
    private const double SmallestSeconds = 50e-6;
    private const int PerDoubling = 4;
    private const int BucketCount = 84;

    private readonly int[] counts = new int[BucketCount];
    private readonly MeterListener listener = new();
    private readonly Instrument instrument;

    /// <summary>Counts what an instrument records, between <see cref="Begin"/> and <see cref="End"/>.</summary>
    public LatencyCounts(Histogram<double> instrument)
    {
        this.instrument = instrument;
        listener.SetMeasurementEventCallback<double>((_, seconds, _, _) => Interlocked.Increment(ref counts[BucketOf(seconds)]));
    }

    /// <summary>The duration below which a part of all durations lies, in milliseconds; null when there are none.</summary>
    public static double? PercentileMilliseconds(ReadOnlySpan<int> counts, double part)
    {
        long total = 0;
        foreach (var count in counts)
        {
            total += count;
        }

        var wanted = (long)Math.Ceiling(total * part);
        long seen = 0;
        for (var bucket = 0; bucket < counts.Length; bucket++)
        {
            seen += counts[bucket];
            if (total > 0 && seen >= wanted)
            {
                return 1_000 * SmallestSeconds * Math.Pow(2, (double)bucket / PerDoubling);
            }
        }

        return null;
    }

    /// <summary>Begins to listen; until then the instrument costs nothing more.</summary>
    public void Begin() => listener.EnableMeasurementEvents(instrument);

    /// <summary>Listens no more.</summary>
    public void End() => listener.DisableMeasurementEvents(instrument);

    /// <summary>The counts since they were last taken.</summary>
    public int[] Take()
    {
        var taken = new int[BucketCount];
        for (var bucket = 0; bucket < BucketCount; bucket++)
        {
            taken[bucket] = Interlocked.Exchange(ref counts[bucket], 0);
        }

        return taken;
    }

    /// <inheritdoc/>
    public void Dispose() => listener.Dispose();

    private static int BucketOf(double seconds) =>
        seconds <= SmallestSeconds ? 0 : Math.Min(BucketCount - 1, (int)Math.Ceiling(PerDoubling * Math.Log2(seconds / SmallestSeconds)));
}
