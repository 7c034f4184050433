using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;
using System.Globalization;

namespace OrleansRaft.Benchmarks.Large;

/// <summary>Something for which a process, or a part of it, stood still.</summary>
/// <param name="What">What it was.</param>
/// <param name="Began">When, as <see cref="Stopwatch"/> counts: on Linux all processes of a machine count alike.</param>
/// <param name="Ended">Until when.</param>
[GenerateSerializer, Immutable, Alias("benchmark-large-stall")]
public sealed record Stall([property: Id(0)] string What, [property: Id(1)] long Began, [property: Id(2)] long Ended)
{
    /// <summary>How long it was.</summary>
    public TimeSpan Length => Stopwatch.GetElapsedTime(Began, Ended);

    /// <summary>Whether it has some time in common with another.</summary>
    public bool Meets(Stall other) => Began < other.Ended && other.Began < Ended;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{What} {Length.TotalMilliseconds:0} ms");
}

/// <summary>Notes what held this process up: pauses of its collector, slow writes of its logs, and threads that the machine did not run.</summary>
internal sealed class StallWatch : EventListener
{
    private const int KeptMax = 10_000;

    // Of the runtime's provider: its keyword for collections, and three of its events.
    private const EventKeywords Collections = (EventKeywords)1;
    private const int CollectionStarts = 1;
    private const int ThreadsRunAgain = 3;
    private const int ThreadsAreStopped = 9;

    private static readonly TimeSpan LengthMin = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan Nap = TimeSpan.FromMilliseconds(5);

    private readonly Lock gate = new();
    private readonly List<Stall> stalls = [];
    private readonly MeterListener meters = new();
    private readonly long zero = Stopwatch.GetTimestamp();
    private readonly DateTime zeroUtc = DateTime.UtcNow;
    private long suspended;
    private string kind = "";

    public StallWatch()
    {
        meters.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Name == "raft.storage.append.duration")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        meters.SetMeasurementEventCallback<double>((_, seconds, _, _) =>
        {
            var now = Stopwatch.GetTimestamp();
            Note("a write of a log", now - (long)(seconds * Stopwatch.Frequency), now);
        });
        meters.Start();
        new Thread(NapAlways) { IsBackground = true, Name = "stalls" }.UnsafeStart();
    }

    /// <summary>What was noted, the oldest first.</summary>
    public Stall[] All()
    {
        lock (gate)
        {
            return [.. stalls];
        }
    }

    public override void Dispose()
    {
        meters.Dispose();
        base.Dispose();
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime")
        {
            EnableEvents(eventSource, EventLevel.Informational, Collections);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        var at = zero + (long)((eventData.TimeStamp.ToUniversalTime() - zeroUtc).TotalSeconds * Stopwatch.Frequency);
        switch (eventData.EventId)
        {
            case ThreadsAreStopped:
                (suspended, kind) = (at, "");
                break;
            case CollectionStarts:
                kind += string.Create(CultureInfo.InvariantCulture, $" of generation {eventData.Payload![1]} type {eventData.Payload[3]}");
                break;
            case ThreadsRunAgain when suspended != 0:
                Note($"a pause of the collector{kind}", suspended, at);
                suspended = 0;
                break;
            default:
                break;
        }
    }

    private void NapAlways()
    {
        while (true)
        {
            var began = Stopwatch.GetTimestamp();
            Thread.Sleep(Nap);
            Note("a thread that only sleeps", began, Stopwatch.GetTimestamp());
        }
    }

    private void Note(string what, long began, long ended)
    {
        if (Stopwatch.GetElapsedTime(began, ended) < LengthMin)
        {
            return;
        }

        lock (gate)
        {
            if (stalls.Count < KeptMax)
            {
                stalls.Add(new Stall(what, began, ended));
            }
        }
    }
}
