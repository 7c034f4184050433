using System.Diagnostics;
using System.Diagnostics.Metrics;
using OrleansRaft.Core;
using OrleansRaft.Runtime.Diagnostics;

namespace OrleansRaft.Runtime;

/// <summary>The meter and the activity source of the library, both named <c>OrleansRaft</c>. One for each silo.</summary>
/// <remarks>The group's id goes on spans, not on metric tags: there may be tens of thousands of groups.</remarks>
internal sealed class RaftMetrics : IDisposable
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "OrleansRaft";

    // Without a word of ours the first limit would be five seconds.
    private static readonly InstrumentAdvice<double> Durations = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    };

    /// <summary>Makes the instruments.</summary>
    /// <param name="meters">Makes the meter; null makes one that belongs to nobody.</param>
    /// <param name="alarms">The silo's alarms; null for a silo that has none of its own.</param>
    public RaftMetrics(IMeterFactory? meters = null, AlarmBoard? alarms = null)
    {
        Meter = meters?.Create(Name) ?? new Meter(Name);
        ProposalDuration = Meter.CreateHistogram(
            "raft.proposal.duration", "s", "Time from the arrival of a batch of commands at a replica to its answer.", tags: null, Durations);
        AppendDuration = Meter.CreateHistogram(
            "raft.storage.append.duration", "s", "Time a replica's write takes to become durable.", tags: null, Durations);
        SnapshotDuration = Meter.CreateHistogram(
            "raft.snapshot.duration", "s", "Time from the capture of a snapshot until it is durable.", tags: null, Durations);
        Elections = Meter.CreateCounter<long>("raft.elections", "{election}", "Elections won by replicas of this silo.");
        Proposals = Meter.CreateCounter<long>("raft.proposals", "{command}", "Commands answered by replicas of this silo.");
        Turns = Meter.CreateCounter<long>("raft.turns", "{turn}", "Turns that replicas of this silo took.");
        MessagesDropped = Meter.CreateCounter<long>(
            "raft.messages.dropped", "{message}", "Messages lost because a replica's inbox was full, or because it may not speak.");
        Comparisons = Meter.CreateCounter<long>(
            "raft.comparisons", "{comparison}", "Comparisons of states that leaders of this silo made, by what they said.");
        ScrubbedBytes = Meter.CreateCounter<long>(
            "raft.scrub.bytes", "By", "What was read of logs and snapshots of replicas here to check that it is whole.");
        ScrubDamage = Meter.CreateCounter<long>(
            "raft.scrub.damage", "{replica}", "How often that found something of a replica damaged, mended or not.");
        RequestsRefused = Meter.CreateCounter<long>(
            "raft.requests.refused",
            "{command}",
            "Commands that leaders here refused because their party had its share of the remembered request ids.");
        Meter.CreateObservableGauge(
            "raft.requests.remembered", Replicas.RequestIdsMax, "{request}", "The most request ids that a group with a replica here remembers.");
        Meter.CreateObservableGauge(
            "raft.requests.fill",
            Replicas.RequestFillMax,
            "1",
            "The largest part of a group's places for request ids that is taken, among groups with a replica here.");
        Meter.CreateObservableGauge(
            "raft.state.bytes", Replicas.StateBytes, "By", "The states of all replicas here whose state machines know their size.");
        Meter.CreateObservableGauge("raft.snapshot.bytes", Replicas.SnapshotBytes, "By", "The newest snapshots of all replicas here.");
        Meter.CreateObservableGauge(
            "raft.snapshot.age",
            Replicas.SnapshotAgeMax,
            "s",
            "The longest time of a group, by its own clock, that a replica here has applied beyond its newest snapshot, and applies again when it "
                + "starts.");
        Meter.CreateObservableGauge("raft.groups.leaderless", Replicas.CountLeaderless, "{group}", "Groups of which a replica here knows no leader.");
        Meter.CreateObservableGauge(
            "raft.commit.lag", Replicas.CommitLagMax, "{entry}", "The most entries that a leader here has appended and not yet committed.");
        Meter.CreateObservableGauge("raft.replicas", Replicas.Count, "{replica}", "Replicas that run here.");
        Meter.CreateObservableGauge(
            "raft.alarms",
            () => CountAlarms(alarms),
            "{alarm}",
            "What is wrong here: of the alarm leaderless the groups of which a replica here knows no leader, of the others what this silo raised.");
    }

    /// <summary>The activity source, for spans that carry the group's id.</summary>
    public static ActivitySource Activities { get; } = new(Name);

    /// <summary>The commands that somebody traces, as far as this silo was told of them.</summary>
    public CommandTraces Traces { get; } = new(TimeProvider.System);

    /// <summary>The replicas of this silo.</summary>
    public ReplicaRegistry Replicas { get; } = new();

    /// <summary>The meter, for hosts that have instruments of their own.</summary>
    public Meter Meter { get; }

    /// <summary>The instrument <c>raft.proposal.duration</c>, for whoever listens to it alone.</summary>
    public Histogram<double> ProposalDuration { get; }

    internal Histogram<double> AppendDuration { get; }

    internal Histogram<double> SnapshotDuration { get; }

    internal Counter<long> Elections { get; }

    internal Counter<long> Proposals { get; }

    internal Counter<long> Turns { get; }

    internal Counter<long> MessagesDropped { get; }

    internal Counter<long> RequestsRefused { get; }

    internal Counter<long> Comparisons { get; }

    internal Counter<long> ScrubbedBytes { get; }

    internal Counter<long> ScrubDamage { get; }

    /// <inheritdoc/>
    public void Dispose() => Meter.Dispose();

    /// <summary>A comparison that could not be made whole counts as such, and not as one that was passed.</summary>
    internal void CountComparison(ComparisonVerdict verdict) => Comparisons.Add(1, new KeyValuePair<string, object?>("verdict", verdict switch
    {
        ComparisonVerdict.Equal => "equal",
        ComparisonVerdict.Incomplete => "incomplete",
        ComparisonVerdict.Diverged => "diverged",
        ComparisonVerdict.NoMajority => "no-majority",
        _ => "undecided",
    }));

    /// <summary>Zeros too: a rule that watches for an alarm must tell "none" from "not measured".</summary>
    private IEnumerable<Measurement<int>> CountAlarms(AlarmBoard? alarms) => AlarmNames.All.Select(name => new Measurement<int>(
        name == AlarmNames.Leaderless ? Replicas.CountLeaderless() : alarms?.Count(name) ?? 0,
        new KeyValuePair<string, object?>("alarm", name)));
}
