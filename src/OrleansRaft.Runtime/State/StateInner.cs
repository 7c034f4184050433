using System.Diagnostics.CodeAnalysis;

namespace OrleansRaft.Runtime.State;

/// <summary>An inner node: children, with a key between each two.</summary>
/// <remarks>Invariant: the keys below a child are less than the separator behind it, and not less than the one before it.</remarks>
internal sealed class StateInner : StateNode
{
    /// <summary>How many children a node holds before it is split.</summary>
    public const int ChildrenMax = 64;

    private StateNode?[] children;
    private byte[]?[] separators;

    // Of each separator, the first eight bytes behind those that all have in common: a search compares these, and looks at separators themselves only
    // where they are equal.
    private ulong[] heads;
    private int shared;

    /// <summary>Makes a node of two children.</summary>
    public StateInner(long epoch, StateNode left, byte[] separator, StateNode right)
        : base(epoch)
    {
        (children, separators) = (new StateNode[4], new byte[4][]);
        (children[0], children[1], separators[0]) = (left, right, separator);
        Count = 2;
        heads = new ulong[children.Length];
        SetHeads();
    }

    private StateInner(long epoch, StateInner source, int from, int count, int spare)
        : base(epoch)
    {
        children = new StateNode[count + spare];
        separators = new byte[count + spare][];
        source.children.AsSpan(from, count).CopyTo(children);
        source.separators.AsSpan(from, count - 1).CopyTo(separators);
        Count = count;
        heads = new ulong[children.Length];
        SetHeads();
    }

    /// <summary>How many children there are; at least 1.</summary>
    public int Count { get; private set; }

    /// <summary>Whether it must be split.</summary>
    public bool IsTooLarge => Count > ChildrenMax;

    /// <summary>Whether it should join a neighbor.</summary>
    public bool IsSmall => Count < ChildrenMax / 4;

    /// <summary>Whether this node and the next one fit into one, and leave room.</summary>
    public bool FitsWith(StateInner next) => Count + next.Count <= ChildrenMax * 3 / 4;

    public StateNode Child(int place) => children[place]!;

    public void SetChild(int place, StateNode child) => children[place] = child;

    public byte[] Separator(int place) => separators[place]!;

    /// <summary>The child below which a key is, or would be.</summary>
    public int PlaceOf(ReadOnlySpan<byte> key)
    {
        if (Count == 1)
        {
            return 0;
        }

        var common = separators[0].AsSpan(0, shared);
        if (!key.StartsWith(common))
        {
            return key.SequenceCompareTo(common) < 0 ? 0 : Count - 1;
        }

        var used = heads.AsSpan(0, Count - 1);
        var head = KeyHead.Of64(key, shared);
        var low = KeyHead.CountBelow(used, head);
        if (low == used.Length || used[low] != head)
        {
            return low;
        }

        var high = head == ulong.MaxValue ? used.Length : KeyHead.CountBelow(used, head + 1);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = separators[middle].AsSpan().SequenceCompareTo(key) <= 0 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>Inserts a child behind another.</summary>
    public void InsertAfter(int place, byte[] separator, StateNode child)
    {
        if (Count == children.Length)
        {
            var length = Math.Max(4, Math.Min(2 * Count, ChildrenMax + 1));
            Array.Resize(ref children, length);
            Array.Resize(ref separators, length);
            Array.Resize(ref heads, length);
        }

        children.AsSpan(place + 1, Count - place - 1).CopyTo(children.AsSpan(place + 2));
        separators.AsSpan(place, Count - place - 1).CopyTo(separators.AsSpan(place + 1));
        children[place + 1] = child;
        separators[place] = separator;
        Count++;
        SetHeads();
    }

    /// <summary>Removes a child, and the separator before it; of the first child, the one behind it.</summary>
    public void RemoveAt(int place)
    {
        children.AsSpan(place + 1, Count - place - 1).CopyTo(children.AsSpan(place));
        children[Count - 1] = null;
        var separator = Math.Max(0, place - 1);
        if (Count > 1)
        {
            separators.AsSpan(separator + 1, Count - separator - 2).CopyTo(separators.AsSpan(separator));
            separators[Count - 2] = null;
        }

        Count--;
        SetHeads();
    }

    /// <summary>A copy that is written in place of this one.</summary>
    public StateInner Copy(long epoch) => new(epoch, this, 0, Count, 1);

    /// <summary>Moves the children from a place on into a new node.</summary>
    /// <param name="place">From 1 to <see cref="Count"/> - 1.</param>
    /// <param name="epoch">The new node's epoch.</param>
    /// <param name="separator">The key between the two.</param>
    public StateInner SplitOff(int place, long epoch, [NotNull] out byte[]? separator)
    {
        var right = new StateInner(epoch, this, place, Count - place, 1);
        separator = Separator(place - 1);
        children.AsSpan(place, Count - place).Clear();
        separators.AsSpan(place - 1, Count - place).Clear();
        Count = place;
        SetHeads();
        return right;
    }

    /// <summary>Takes over the children of the next node.</summary>
    public void Append(byte[] separator, StateInner next)
    {
        var count = Count + next.Count;
        if (count > children.Length)
        {
            Array.Resize(ref children, count + 1);
            Array.Resize(ref separators, count + 1);
            Array.Resize(ref heads, count + 1);
        }

        next.children.AsSpan(0, next.Count).CopyTo(children.AsSpan(Count));
        next.separators.AsSpan(0, next.Count - 1).CopyTo(separators.AsSpan(Count));
        separators[Count - 1] = separator;
        Count = count;
        SetHeads();
    }

    /// <summary>After the separators have changed, which they do once in some dozens of writes below.</summary>
    private void SetHeads()
    {
        if (Count < 2)
        {
            return;
        }

        shared = separators[0].AsSpan().CommonPrefixLength(separators[Count - 2]);
        for (var place = 0; place < Count - 1; place++)
        {
            heads[place] = KeyHead.Of64(separators[place], shared);
        }
    }
}
