namespace OrleansRaft.Grains.Routing;

/// <summary>A command or a query as it goes to a replica.</summary>
/// <param name="Body">Its bytes.</param>
/// <param name="Needs">The version of the state machine that it needs.</param>
internal readonly record struct EncodedRequest(ReadOnlyMemory<byte> Body, int Needs);
