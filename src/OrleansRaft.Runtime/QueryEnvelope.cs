namespace OrleansRaft.Runtime;

/// <summary>A query on its way to a replica.</summary>
/// <param name="Key">The key by which the client chose the group.</param>
/// <param name="Query">The encoded query.</param>
public readonly record struct QueryEnvelope(string Key, ReadOnlyMemory<byte> Query);
