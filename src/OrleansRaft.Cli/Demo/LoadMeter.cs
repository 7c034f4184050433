using HdrHistogram;

namespace OrleansRaft.Cli.Demo;

/// <summary>How the load fares: rates, latencies, and for how long each writer got no acknowledgement.</summary>
/// <param name="writers">How many writers there are.</param>
/// <param name="time">The clock.</param>
internal sealed class LoadMeter(int writers, TimeProvider time)
{
    private const long MicrosecondsMax = 120_000_000;

    private readonly Lock gate = new();
    private readonly LongHistogram recent = new(MicrosecondsMax, 3);
    private readonly LongHistogram overall = new(MicrosecondsMax, 3);
    private readonly long[] lastAcknowledged = new long[writers];
    private readonly Dictionary<string, long> byGroup = new(StringComparer.Ordinal);
    private TimeSpan longestGap;
    private TimeSpan gapSinceFault;
    private long acknowledged;
    private long firstAcknowledged;
    private long fault;

    /// <summary>How many increments were acknowledged.</summary>
    public long Acknowledged => Interlocked.Read(ref acknowledged);

    /// <summary>The longest time that any writer waited between two acknowledgements.</summary>
    public TimeSpan LongestGap
    {
        get
        {
            lock (gate)
            {
                return longestGap;
            }
        }
    }

    /// <summary>The same, of those waits that ended after the last <see cref="MarkFault"/>.</summary>
    public TimeSpan GapSinceFault
    {
        get
        {
            lock (gate)
            {
                return gapSinceFault;
            }
        }
    }

    /// <summary>Notes an acknowledgement.</summary>
    /// <param name="writer">Whose, from 0.</param>
    /// <param name="group">The group that applied it.</param>
    /// <param name="latency">How long the writer waited for it.</param>
    public void Record(int writer, string group, TimeSpan latency)
    {
        var now = time.GetTimestamp();
        lock (gate)
        {
            acknowledged++;
            byGroup[group] = byGroup.GetValueOrDefault(group) + 1;
            var microseconds = Math.Clamp((long)latency.TotalMicroseconds, 1, MicrosecondsMax);
            recent.RecordValue(microseconds);
            overall.RecordValue(microseconds);
            NoteGap(writer, now);
            lastAcknowledged[writer] = now;
        }
    }

    /// <summary>Begins to watch for the gap that a fault makes.</summary>
    public void MarkFault()
    {
        lock (gate)
        {
            fault = time.GetTimestamp();
            gapSinceFault = TimeSpan.Zero;
        }
    }

    /// <summary>Whether every writer got an acknowledgement for something it began after the last fault.</summary>
    public bool HasRecovered()
    {
        lock (gate)
        {
            return Array.TrueForAll(lastAcknowledged, at => at > fault);
        }
    }

    /// <summary>What happened since the last call of this method.</summary>
    public (long P50Microseconds, long P99Microseconds, IReadOnlyDictionary<string, long> AcknowledgedByGroup) TakeRecent()
    {
        lock (gate)
        {
            var taken = recent.TotalCount == 0
                ? (0L, 0L, new Dictionary<string, long>())
                : (recent.GetValueAtPercentile(50), recent.GetValueAtPercentile(99), new Dictionary<string, long>(byGroup));
            recent.Reset();
            byGroup.Clear();
            return taken;
        }
    }

    /// <summary>The whole run.</summary>
    public (double PerSecond, long P50Microseconds, long P99Microseconds) Summarize()
    {
        lock (gate)
        {
            if (overall.TotalCount == 0)
            {
                return default;
            }

            var seconds = time.GetElapsedTime(firstAcknowledged, lastAcknowledged.Max()).TotalSeconds;
            return (acknowledged / Math.Max(seconds, 0.001), overall.GetValueAtPercentile(50), overall.GetValueAtPercentile(99));
        }
    }

    private void NoteGap(int writer, long now)
    {
        firstAcknowledged = firstAcknowledged == 0 ? now : firstAcknowledged;
        if (lastAcknowledged[writer] == 0)
        {
            return;
        }

        var gap = time.GetElapsedTime(lastAcknowledged[writer], now);
        longestGap = gap > longestGap ? gap : longestGap;
        gapSinceFault = gap > gapSinceFault ? gap : gapSinceFault;
    }
}
