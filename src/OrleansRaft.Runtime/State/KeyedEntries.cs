using OrleansRaft.Runtime.State;

namespace OrleansRaft;

/// <summary>Entries of a <see cref="KeyedState"/>, or of a view of it, in the order of their keys; for <c>foreach</c>.</summary>
/// <remarks>
/// A state must not be written while its entries are gone through: <see cref="MoveNext"/> throws <see cref="InvalidOperationException"/> then. Take a
/// view to do both.
/// </remarks>
public ref struct KeyedEntries
{
    private readonly StateNode? root;
    private readonly KeyedState? written;
    private readonly long version;
    private readonly ReadOnlySpan<byte> prefix;
    private readonly ReadOnlySpan<byte> from;
    private StateLeaf? leaf;
    private int place;
    private bool hasBegun;

    /// <param name="root">The tree; null without entries.</param>
    /// <param name="from">The first key that is wanted, if it is there.</param>
    /// <param name="prefix">What all keys begin with.</param>
    /// <param name="written">The state that the tree is of, if that may be written meanwhile.</param>
    internal KeyedEntries(StateNode? root, ReadOnlySpan<byte> from, ReadOnlySpan<byte> prefix, KeyedState? written)
    {
        this.root = root;
        this.prefix = prefix;
        this.from = from.SequenceCompareTo(prefix) < 0 ? prefix : from;
        this.written = written;
        version = written?.Version ?? 0;
    }

    /// <summary>The entry.</summary>
    public readonly KeyedEntry Current => new(leaf!.KeyAt(place), leaf.ValueAt(place));

    /// <summary>Itself.</summary>
    public readonly KeyedEntries GetEnumerator() => this;

    /// <summary>Goes to the next entry.</summary>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="InvalidOperationException">The state was written meanwhile.</exception>
    public bool MoveNext()
    {
        if (written is not null && written.Version != version)
        {
            throw new InvalidOperationException("A keyed state was written while its entries were gone through; take a view of it for that.");
        }

        if (!hasBegun)
        {
            hasBegun = true;
            leaf = root is null ? null : StateTree.Seek(root, from, isWanted: true, out place);
        }
        else if (leaf is not null && ++place == leaf.Count)
        {
            leaf = StateTree.Seek(root!, leaf.KeyAt(leaf.Count - 1), isWanted: false, out place);
        }

        if (leaf is not null && !leaf.KeyAt(place).StartsWith(prefix))
        {
            leaf = null;
        }

        return leaf is not null;
    }
}
