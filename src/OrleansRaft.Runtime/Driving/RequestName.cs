namespace OrleansRaft.Runtime.Driving;

/// <summary>What makes a repetition of a command recognisable: its request id, or its session and sequence number.</summary>
/// <param name="Id">The request id in UTF-8; empty when a session is used.</param>
/// <param name="Session">The session.</param>
/// <param name="Sequence">The command's number in its session.</param>
internal readonly record struct RequestName(ReadOnlyMemory<byte> Id, LogIndex Session, long Sequence)
{
    /// <summary>Whether there is no name: the proposal is nobody's command.</summary>
    public bool IsNone => Id.IsEmpty && Session == LogIndex.Zero;

    public static RequestName Of(in EnvelopeView view) => new(view.RequestId, view.Session, view.Sequence);

    public bool Equals(RequestName other) =>
        Session == other.Session && Sequence == other.Sequence && Id.Span.SequenceEqual(other.Id.Span);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Id.Span);
        hash.Add(Session.Value);
        hash.Add(Sequence);
        return hash.ToHashCode();
    }
}
