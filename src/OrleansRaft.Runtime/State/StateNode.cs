namespace OrleansRaft.Runtime.State;

/// <summary>A node of the B+-tree that holds a <see cref="KeyedState"/>.</summary>
/// <param name="epoch">The epoch of the state in which the node was made.</param>
internal abstract class StateNode(long epoch)
{
    /// <summary>
    /// The epoch of the state in which the node was made. Invariant: a node that a live view shows has an epoch up to that of the view, and such a
    /// node is never written.
    /// </summary>
    public long Epoch { get; } = epoch;
}
