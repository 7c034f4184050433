namespace OrleansRaft.Cli.Maelstrom;

/// <summary>A client's request that waits for its answer.</summary>
internal sealed class ClientRequest
{
    /// <summary>Who asked.</summary>
    public required string Client { get; init; }

    /// <summary>The number of the request.</summary>
    public required long MessageId { get; init; }

    /// <summary>What is asked.</summary>
    public required KvCommand Command { get; init; }

    /// <summary>The command's bytes.</summary>
    public required ReadOnlyMemory<byte> Encoded { get; init; }

    /// <summary>The name under which the group remembers it: a copy of the same request has the same.</summary>
    public required string RequestId { get; init; }

    /// <summary>When the client is told that it took too long.</summary>
    public required long GivesUpAt { get; init; }

    /// <summary>When it is tried again, unless an answer comes first.</summary>
    public long TriesAgainAt { get; set; }

    /// <summary>Whether it only reads, so that it may be refused and repeated at will.</summary>
    public bool IsRead => Command.Action == KvAction.Read;
}
