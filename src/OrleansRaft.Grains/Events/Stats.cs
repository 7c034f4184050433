namespace OrleansRaft.Grains.Events;

/// <summary>What one silo did in about a second: the part of <see cref="StatsEvent"/> that it knows.</summary>
/// <param name="Seconds">How long that second was.</param>
/// <param name="Replicas">How many replicas run there.</param>
/// <param name="Leaders">How many of them lead.</param>
/// <param name="Commits">How many entries its leaders committed.</param>
/// <param name="Latencies">How long proposals took, see <see cref="LatencyCounts"/>.</param>
/// <param name="Led">One bit for each group of the cluster, in their order: whether a replica there leads it.</param>
/// <param name="Groups">The groups led there that did something, the busiest first.</param>
/// <param name="GroupsLeftOut">How many more of them there are.</param>
[GenerateSerializer, Immutable, Alias("raft-event-silo-stats")]
internal sealed record SiloStats(
    [property: Id(0)] double Seconds,
    [property: Id(1)] int Replicas,
    [property: Id(2)] int Leaders,
    [property: Id(3)] long Commits,
    [property: Id(4)] int[] Latencies,
    [property: Id(5)] byte[] Led,
    [property: Id(6)] GroupStats[] Groups,
    [property: Id(7)] int GroupsLeftOut) : RaftEvent;

/// <summary>What one group did in about a second.</summary>
/// <param name="Group">Which.</param>
/// <param name="CommitsPerSecond">Entries committed in a second.</param>
/// <param name="Lag">Entries that its leader has appended and not yet committed.</param>
[GenerateSerializer, Immutable, Alias("raft-group-stats")]
internal readonly record struct GroupStats([property: Id(0)] string Group, [property: Id(1)] double CommitsPerSecond, [property: Id(2)] long Lag);

/// <summary>What one silo does.</summary>
/// <param name="Silo">Its name.</param>
/// <param name="Replicas">How many replicas run there.</param>
/// <param name="Leaders">How many of them lead.</param>
/// <param name="CommitsPerSecond">Entries that its leaders committed in a second.</param>
internal readonly record struct SiloActivity(string Silo, int Replicas, int Leaders, double CommitsPerSecond)
{
    /// <summary>Its name; empty in a default value.</summary>
    public string Silo { get => field ?? ""; init; } = Silo;
}

/// <summary>What the whole cluster did in about a second.</summary>
/// <param name="Seconds">How long that second was.</param>
/// <param name="CommitsPerSecond">Entries committed in a second.</param>
/// <param name="ProposalsPerSecond">Batches of commands answered in a second.</param>
/// <param name="P50Milliseconds">Half of these took no longer; null when there were none.</param>
/// <param name="P99Milliseconds">99 of 100 took no longer; null when there were none.</param>
/// <param name="Leaderless">How many groups no answering silo leads.</param>
/// <param name="Silos">The silos that answered.</param>
/// <param name="Groups">The groups that did something, the busiest first.</param>
/// <param name="GroupsLeftOut">How many more of them there are.</param>
[Immutable]
internal sealed record StatsEvent(
    double Seconds,
    double CommitsPerSecond,
    double ProposalsPerSecond,
    double? P50Milliseconds,
    double? P99Milliseconds,
    int Leaderless,
    IReadOnlyList<SiloActivity> Silos,
    IReadOnlyList<GroupStats> Groups,
    int GroupsLeftOut) : RaftEvent;
