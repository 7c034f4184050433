namespace OrleansRaft.Grains.Transport;

/// <summary>Takes requests and replies that lanes bring. Any thread.</summary>
internal interface ILaneRequests
{
    /// <summary>Takes commands or queries that came from another silo, and sends the replies back.</summary>
    /// <exception cref="CorruptDataException">The bytes are not a valid request.</exception>
    void Serve(SiloAddress from, LaneFrameKind kind, long number, ReadOnlyMemory<byte> request);

    /// <summary>Replies to one of this silo's calls have come; the caller may have stopped waiting.</summary>
    void Complete(long number, ReadOnlyMemory<byte> replies);

    /// <summary>One of this silo's calls was answered, and the replies were lost.</summary>
    void FailReplies(long number);
}
