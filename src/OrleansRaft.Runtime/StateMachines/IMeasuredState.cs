namespace OrleansRaft;

/// <summary>
/// Implemented by a state machine that knows the size and the digest of its state at any moment, as one does whose state is a
/// <see cref="KeyedState"/>: they are shown, and replicas are compared by the digest, without that the state is written.
/// </summary>
/// <remarks>Asked by the thread that applies commands.</remarks>
public interface IMeasuredState
{
    /// <summary>How many bytes the state has.</summary>
    long StateBytes { get; }

    /// <summary>How many keys it has.</summary>
    long StateKeys { get; }

    /// <summary>The digest of the state: the same on every replica at the same entry, and another for another state.</summary>
    UInt128 StateDigest { get; }
}
