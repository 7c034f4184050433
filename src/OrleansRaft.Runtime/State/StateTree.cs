namespace OrleansRaft.Runtime.State;

/// <summary>Finds its way in a tree that nobody writes meanwhile.</summary>
internal static class StateTree
{
    /// <summary>The leaf where a key is, or would be.</summary>
    public static StateLeaf LeafOf(StateNode node, ReadOnlySpan<byte> key)
    {
        while (node is StateInner inner)
        {
            node = inner.Child(inner.PlaceOf(key));
        }

        return (StateLeaf)node;
    }

    /// <summary>The leaf with the first key that is not less than <paramref name="key"/>, or, where that is not wanted itself, greater.</summary>
    /// <param name="node">The root.</param>
    /// <param name="key">The key.</param>
    /// <param name="isWanted">Whether the key itself is wanted.</param>
    /// <param name="place">The place of the key that was found.</param>
    /// <returns>Null when there is no such key.</returns>
    public static StateLeaf? Seek(StateNode node, ReadOnlySpan<byte> key, bool isWanted, out int place)
    {
        StateNode? next = null;
        while (node is StateInner inner)
        {
            var child = inner.PlaceOf(key);
            next = child + 1 < inner.Count ? inner.Child(child + 1) : next;
            node = inner.Child(child);
        }

        var leaf = (StateLeaf)node;
        if (leaf.TryFind(key, out place) && !isWanted)
        {
            place++;
        }

        if (place < leaf.Count)
        {
            return leaf;
        }

        place = 0;
        return next is null ? null : First(next);
    }

    /// <summary>The first leaf.</summary>
    public static StateLeaf First(StateNode node)
    {
        while (node is StateInner inner)
        {
            node = inner.Child(0);
        }

        return (StateLeaf)node;
    }

    /// <summary>The last leaf.</summary>
    public static StateLeaf Last(StateNode node)
    {
        while (node is StateInner inner)
        {
            node = inner.Child(inner.Count - 1);
        }

        return (StateLeaf)node;
    }

    /// <summary>A short key that is greater than one and not greater than another.</summary>
    public static byte[] Between(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => right[..(left.CommonPrefixLength(right) + 1)].ToArray();
}
