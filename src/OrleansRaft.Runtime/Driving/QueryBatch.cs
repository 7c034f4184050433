namespace OrleansRaft.Runtime.Driving;

/// <summary>A batch of queries that are answered together.</summary>
/// <param name="Queries">The queries.</param>
/// <param name="Consistency">What they may see.</param>
/// <param name="Sink">Receives the answers.</param>
internal sealed record QueryBatch(IReadOnlyList<QueryEnvelope> Queries, ReadConsistency Consistency, IReplySink Sink)
{
    /// <summary>The clock's timestamp at arrival.</summary>
    public long Arrived { get; init; }

    /// <summary>Who asks for the state itself, as it is when the batch is served; null for queries alone.</summary>
    public StateRequest? State { get; init; }

    /// <summary>The index that every one of them must have seen: they are answered from one state.</summary>
    public LogIndex AtLeast { get; } = LatestOf(Queries);

    /// <summary>Whether the caller of one of them has given up.</summary>
    public bool IsGivenUp(int place, TimeProvider time) =>
        Queries[place].PatienceMilliseconds is > 0 and var patience && time.GetElapsedTime(Arrived).TotalMilliseconds >= patience;

    private static LogIndex LatestOf(IReadOnlyList<QueryEnvelope> queries)
    {
        var latest = LogIndex.Zero;
        for (var i = 0; i < queries.Count; i++)
        {
            latest = LogIndex.Max(latest, queries[i].AtLeast);
        }

        return latest;
    }
}
