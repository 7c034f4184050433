namespace OrleansRaft.Runtime.Driving;

/// <summary>A batch of queries that are answered together.</summary>
/// <param name="Queries">The queries.</param>
/// <param name="Consistency">What they may see.</param>
/// <param name="Sink">Receives the answers.</param>
internal sealed record QueryBatch(IReadOnlyList<QueryEnvelope> Queries, ReadConsistency Consistency, IReplySink Sink);
