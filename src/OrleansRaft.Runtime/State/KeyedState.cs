using OrleansRaft.Runtime.State;

namespace OrleansRaft;

/// <summary>
/// A map from keys to bytes in the ordinal order of the keys: the state of a state machine, of any size. A <see cref="View"/> of it costs nothing,
/// and its <see cref="Digest"/> is always there.
/// </summary>
/// <remarks>
/// <para>
/// Used by one thread at a time, as a state machine is; its views by any other meanwhile. Entries are packed into blocks of about 4 KiB, so that one
/// costs its bytes and about twelve more, and sixteen after inserts in no order. While a view is live, the first write to a block copies it;
/// without one everything is written in place.
/// </para>
/// <para>
/// Keys are byte strings of up to <see cref="KeyBytesMax"/>, the empty one included, values of up to <see cref="ValueBytesMax"/>. Ask
/// <see cref="Check"/> before a write that a client asked for, since an exception in <c>Apply</c> halts the group.
/// </para>
/// </remarks>
public sealed class KeyedState
{
    /// <summary>The longest key, in bytes.</summary>
    public const int KeyBytesMax = 1_024;

    /// <summary>The longest value, in bytes.</summary>
    public const int ValueBytesMax = 64 * 1024 * 1024;

    private readonly ViewEpochs epochs = new();
    private StateNode? root;

    /// <summary>How many entries there are.</summary>
    public long Count { get; private set; }

    /// <summary>How many bytes the keys and values have together.</summary>
    public long Bytes { get; private set; }

    /// <summary>The digest of the contents: equal for equal contents, whatever their history. Costs nothing to read.</summary>
    /// <remarks>
    /// The sum, modulo 2 to the 128, of a hash of each entry (XxHash128, seeded with the length of the key). Two states that differ by a fault of
    /// hardware or program have the same one with a probability of 2 to the -128. It is no protection against anybody who chooses keys and values so
    /// that two different states have the same one: neither the hash nor a sum of hashes withstands that.
    /// </remarks>
    public UInt128 Digest { get; private set; }

    /// <summary>Goes on with every write.</summary>
    internal long Version { get; private set; }

    /// <summary>Looks a key up.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value, until the state is written next; empty when there is none.</param>
    /// <returns>Whether it is there.</returns>
    public bool TryGet(ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value) => TryGet(root, key, out value);

    /// <summary>Says whether an entry may be set, and why not. Changes nothing, and depends on nothing but the state and what is given.</summary>
    /// <param name="key">The key.</param>
    /// <param name="valueBytes">The length of the value.</param>
    /// <param name="bytesMax">How many <see cref="Bytes"/> the state may have.</param>
    /// <returns><see cref="KeyedWrite.StateTooLarge"/> only for a write that makes the state grow.</returns>
    public KeyedWrite Check(ReadOnlySpan<byte> key, int valueBytes, long bytesMax)
    {
        if (key.Length > KeyBytesMax)
        {
            return KeyedWrite.KeyTooLong;
        }

        if (valueBytes > ValueBytesMax)
        {
            return KeyedWrite.ValueTooLarge;
        }

        if (Bytes + key.Length + valueBytes <= bytesMax)
        {
            return KeyedWrite.Fits;
        }

        var growth = TryGet(key, out var before) ? valueBytes - before.Length : key.Length + valueBytes;
        return growth <= 0 || Bytes + growth <= bytesMax ? KeyedWrite.Fits : KeyedWrite.StateTooLarge;
    }

    /// <summary>Gives a key a value, which is copied.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <returns>Whether the key is new.</returns>
    /// <exception cref="ArgumentException">The key or the value is too long; the state is as before. See <see cref="Check"/>.</exception>
    public bool Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Require(key, value);
        var write = new Write(key, value);
        var (changed, right, separator) = Put(root ?? new StateLeaf(epochs.Current), isLast: true, ref write);
        root = right is null ? changed : new StateInner(epochs.Current, changed, separator!, right);
        Version++;
        Count += write.IsNew ? 1 : 0;
        Bytes += write.Growth;
        Digest = unchecked(Digest + write.HashChange);
        return write.IsNew;
    }

    /// <summary>Removes a key.</summary>
    /// <param name="key">The key.</param>
    /// <returns>Whether it was there.</returns>
    public bool Remove(ReadOnlySpan<byte> key)
    {
        if (root is null)
        {
            return false;
        }

        var removal = new Removal(key);
        root = Take(root, ref removal);
        while (root is StateInner { Count: 1 } inner)
        {
            root = inner.Child(0);
        }

        if (removal.IsDone)
        {
            Version++;
            Count--;
            Bytes -= removal.Bytes;
            Digest = unchecked(Digest - removal.Hash);
        }

        return removal.IsDone;
    }

    /// <summary>Removes everything.</summary>
    public void Clear()
    {
        (root, Count, Bytes, Digest) = (null, 0, 0, 0);
        Version++;
    }

    /// <summary>All entries, in order.</summary>
    public KeyedEntries Entries() => new(root, default, default, this);

    /// <summary>The entries from a key on, in order.</summary>
    /// <param name="first">The first key that is wanted, if it is there.</param>
    public KeyedEntries EntriesFrom(ReadOnlySpan<byte> first) => new(root, first, default, this);

    /// <summary>The entries whose keys begin with a prefix, in order.</summary>
    /// <param name="prefix">The prefix.</param>
    public KeyedEntries EntriesWith(ReadOnlySpan<byte> prefix) => new(root, prefix, prefix, this);

    /// <summary>The entries whose keys begin with a prefix, from a key on, in order.</summary>
    /// <param name="prefix">The prefix.</param>
    /// <param name="first">The first key that is wanted, if it is there.</param>
    public KeyedEntries EntriesWith(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> first) => new(root, first, prefix, this);

    /// <summary>The state as it is now, for any thread: it stays so while this one goes on. Costs the same for any size.</summary>
    /// <returns>What must be disposed, since blocks are copied before they are written as long as it is not.</returns>
    public KeyedStateView View() => new(root, Count, Bytes, Digest, epochs);

    /// <summary>
    /// Replaces everything by what <see cref="KeyedStateView.Write"/> wrote, and leaves in the stream what follows it. Where there is nothing to read
    /// at all, the state is empty, as that of a machine is which is asked for its initial one.
    /// </summary>
    /// <param name="input">
    /// Where to read, in small pieces: a stream with a buffer. No more memory is taken than for the entries and one value.
    /// </param>
    /// <exception cref="CorruptDataException">The bytes are damaged or not whole; the state is empty.</exception>
    public void Restore(Stream input) => Restore(input, mayBeNothing: true);

    /// <summary>Does what <see cref="Restore(Stream)"/> does for one of several parts of a stream: nothing to read is damage, too.</summary>
    /// <param name="input">See <see cref="Restore(Stream)"/>.</param>
    /// <exception cref="CorruptDataException">The bytes are damaged or not whole; the state is empty.</exception>
    public void RestorePart(Stream input) => Restore(input, mayBeNothing: false);

    private void Restore(Stream input, bool mayBeNothing)
    {
        ArgumentNullException.ThrowIfNull(input);
        Clear();
        try
        {
            KeyedStateForm.Read(input, this, mayBeNothing);
        }
        catch
        {
            Clear();
            throw;
        }
    }

    internal static bool TryGet(StateNode? root, ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (root is null)
        {
            return false;
        }

        var leaf = StateTree.LeafOf(root, key);
        if (!leaf.TryFind(key, out var place))
        {
            return false;
        }

        value = leaf.ValueAt(place);
        return true;
    }

    private static void Require(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.Length > KeyBytesMax)
        {
            throw new ArgumentException($"the key has {key.Length} bytes, and may have {KeyBytesMax}; use a shorter one", nameof(key));
        }

        if (value.Length > ValueBytesMax)
        {
            throw new ArgumentException(
                $"the value has {value.Length} bytes, and may have {ValueBytesMax}; divide it among several keys", nameof(value));
        }
    }

    private (StateNode Changed, StateNode? Right, byte[]? Separator) Put(StateNode node, bool isLast, ref Write write)
    {
        if (node is StateLeaf leaf)
        {
            return PutInLeaf(leaf, isLast, ref write);
        }

        var inner = (StateInner)node;
        var place = inner.PlaceOf(write.Key);
        var isAtEnd = isLast && place == inner.Count - 1;
        var (changed, right, separator) = Put(inner.Child(place), isAtEnd, ref write);
        if (ReferenceEquals(changed, inner.Child(place)) && right is null)
        {
            return (inner, null, null);
        }

        inner = Own(inner);
        inner.SetChild(place, changed);
        if (right is null)
        {
            return (inner, null, null);
        }

        inner.InsertAfter(place, separator!, right);
        return inner.IsTooLarge
            ? (inner, inner.SplitOff(isAtEnd ? inner.Count - 1 : inner.Count / 2, epochs.Current, out var between), between)
            : (inner, null, null);
    }

    private (StateNode Changed, StateNode? Right, byte[]? Separator) PutInLeaf(StateLeaf leaf, bool isLast, ref Write write)
    {
        if (leaf.TryFind(write.Key, out var place))
        {
            if (leaf.ValueAt(place).SequenceEqual(write.Value))
            {
                return (leaf, null, null);
            }

            write.Growth = write.Value.Length - leaf.ValueAt(place).Length;
            var hash = leaf.HashAt(place);
            leaf = Own(leaf, Math.Max(0, write.InlineValue.Length - leaf.InlineBytesAt(place)));
            write.KeepApartFrom(leaf);
            leaf.Replace(place, write.InlineValue, write.Elsewhere);
            write.HashChange = unchecked(leaf.HashAt(place) - hash);
            return Split(leaf);
        }

        write.IsNew = true;
        write.Growth = write.Key.Length + write.Value.Length;
        var bytes = write.Key.Length + write.InlineValue.Length;

        // Keys that come in their order fill their leaves, instead of leaving each half empty.
        if (isLast && place == leaf.Count && !leaf.HasRoomFor(bytes))
        {
            var right = new StateLeaf(epochs.Current, leaf);
            right.Insert(0, write.Key, write.InlineValue, write.Elsewhere);
            write.HashChange = right.HashAt(0);
            return (leaf, right, StateTree.Between(leaf.KeyAt(leaf.Count - 1), write.Key));
        }

        leaf = Own(leaf, bytes);
        write.KeepApartFrom(leaf);
        leaf.Insert(place, write.Key, write.InlineValue, write.Elsewhere);
        write.HashChange = leaf.HashAt(place);
        return Split(leaf);
    }

    private (StateNode Changed, StateNode? Right, byte[]? Separator) Split(StateLeaf leaf)
    {
        if (!leaf.IsTooLarge)
        {
            return (leaf, null, null);
        }

        var right = leaf.SplitOff(leaf.Middle(), epochs.Current);
        return (leaf, right, StateTree.Between(leaf.KeyAt(leaf.Count - 1), right.KeyAt(0)));
    }

    /// <returns>What is in the node's place; null for nothing.</returns>
    private StateNode? Take(StateNode node, ref Removal removal)
    {
        if (node is StateLeaf leaf)
        {
            return TakeFromLeaf(leaf, ref removal);
        }

        var inner = (StateInner)node;
        var place = inner.PlaceOf(removal.Key);
        var child = inner.Child(place);
        var changed = Take(child, ref removal);
        if (!removal.IsDone)
        {
            return inner;
        }

        if (changed is null)
        {
            inner = Own(inner);
            inner.RemoveAt(place);
            return inner.Count == 0 ? null : inner;
        }

        if (!ReferenceEquals(changed, child))
        {
            inner = Own(inner);
            inner.SetChild(place, changed);
        }

        return JoinNeighbors(inner, place);
    }

    private StateLeaf? TakeFromLeaf(StateLeaf leaf, ref Removal removal)
    {
        if (!leaf.TryFind(removal.Key, out var place))
        {
            return leaf;
        }

        removal.IsDone = true;
        removal.Bytes = removal.Key.Length + leaf.ValueAt(place).Length;
        removal.Hash = leaf.HashAt(place);
        if (leaf.Count == 1)
        {
            return null;
        }

        leaf = Own(leaf, 0);
        leaf.RemoveAt(place);
        return leaf;
    }

    /// <summary>Joins a child that has become small with the one behind or before it, where both fit into one.</summary>
    private StateInner JoinNeighbors(StateInner inner, int place)
    {
        var isSmall = inner.Child(place) is StateLeaf leaf ? leaf.IsSmall : ((StateInner)inner.Child(place)).IsSmall;
        if (!isSmall)
        {
            return inner;
        }

        foreach (var left in (ReadOnlySpan<int>)[place, place - 1])
        {
            if (left >= 0 && left + 1 < inner.Count && TryJoin(inner, left, out var joined))
            {
                inner = Own(inner);
                inner.SetChild(left, joined);
                inner.RemoveAt(left + 1);
                return inner;
            }
        }

        return inner;
    }

    private bool TryJoin(StateInner parent, int place, out StateNode joined)
    {
        joined = parent.Child(place);
        switch (joined, parent.Child(place + 1))
        {
            case (StateLeaf left, StateLeaf right) when left.FitsWith(right):
                left = Own(left, 0);
                left.Append(right);
                joined = left;
                return true;
            case (StateInner left, StateInner right) when left.FitsWith(right):
                left = Own(left);
                left.Append(parent.Separator(place), right);
                joined = left;
                return true;
            default:
                return false;
        }
    }

    private StateLeaf Own(StateLeaf leaf, int spareBytes) => leaf.Epoch > epochs.LatestLive ? leaf : leaf.Copy(epochs.Current, spareBytes);

    private StateInner Own(StateInner inner) => inner.Epoch > epochs.LatestLive ? inner : inner.Copy(epochs.Current);

    private ref struct Write
    {
        public Write(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
        {
            Key = key;
            Value = value;
            Elsewhere = value.Length > LargeValue.InlineBytesMax ? new LargeValue(value.ToArray(), EntryHash.Of(key, value)) : null;
        }

        public ReadOnlySpan<byte> Key { get; private set; }

        public ReadOnlySpan<byte> Value { get; private set; }

        public LargeValue? Elsewhere { get; }

        public readonly ReadOnlySpan<byte> InlineValue => Elsewhere is null ? Value : default;

        public bool IsNew { get; set; }

        public int Growth { get; set; }

        public UInt128 HashChange { get; set; }

        /// <summary>Copies what is written, if it lies in the leaf itself: a caller may set what it just got.</summary>
        public void KeepApartFrom(StateLeaf leaf)
        {
            Key = leaf.Holds(Key) ? Key.ToArray() : Key;
            Value = leaf.Holds(Value) ? Value.ToArray() : Value;
        }
    }

    private ref struct Removal(ReadOnlySpan<byte> key)
    {
        public ReadOnlySpan<byte> Key { get; } = key;

        public bool IsDone { get; set; }

        public int Bytes { get; set; }

        public UInt128 Hash { get; set; }
    }
}
