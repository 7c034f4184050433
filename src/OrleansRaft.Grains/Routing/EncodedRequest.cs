namespace OrleansRaft.Grains.Routing;

/// <summary>A command or a query as it goes to a replica.</summary>
/// <param name="Body">Its bytes.</param>
/// <param name="Needs">The version of the state machine that it needs.</param>
internal readonly record struct EncodedRequest(ReadOnlyMemory<byte> Body, int Needs)
{
    /// <summary>Of a command, what makes it the same request in other bytes; null where they tell.</summary>
    public ulong? Identity { get; init; }
}
