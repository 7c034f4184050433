namespace OrleansRaft.Runtime.State;

/// <summary>A leaf: entries in the order of their keys, packed into one array, so that an entry costs its bytes and eight more.</summary>
/// <remarks>
/// A search compares the head of each key, the first bytes in which the keys of the leaf differ: a number in an array of its own, where it costs
/// neither a call nor a miss of the cache. Keys themselves are looked at only where heads are equal, which is once or twice.
/// Who writes has made sure that no view shows the leaf, and that the bytes of an entry to be written are not the leaf's own. Entries that are taken
/// from the front leave a gap there, so that a queue, which is emptied from the front, moves nothing.
/// </remarks>
internal sealed class StateLeaf : StateNode
{
    /// <summary>How many bytes of entries a leaf holds before it is split.</summary>
    public const int BytesMax = 4_096;

    /// <summary>How many entries a leaf holds before it is split.</summary>
    public const int EntriesMax = 128;

    private const int KeyLengthBits = 16;

    // Of each entry, from the upper bits to the lower ones: the head of its key (32), where its bytes end in data (16), the length of its key (16).
    private ulong[] slots;
    private byte[] data;

    // How many bytes all keys have in common, at least: heads begin behind them.
    private int shared;

    // By slot, the values that lie elsewhere; null as long as there are none.
    private LargeValue?[]? large;

    // The slot of the first entry: those before it are the gap.
    private int first;

    /// <summary>Makes an empty leaf.</summary>
    public StateLeaf(long epoch)
        : base(epoch) => (slots, data) = ([], []);

    /// <summary>Makes an empty leaf behind one that is full, with as much room: keys that come in their order fill it alike.</summary>
    public StateLeaf(long epoch, StateLeaf full)
        : base(epoch)
    {
        (slots, data) = (new ulong[full.Count], new byte[full.Bytes]);
        large = full.large is null ? null : new LargeValue?[slots.Length];
    }

    private StateLeaf(long epoch, StateLeaf source, int from, int count, int spareBytes, int spareEntries)
        : base(epoch)
    {
        var start = source.Start(source.first + from);
        var length = source.Start(source.first + from + count) - start;
        data = new byte[length + spareBytes];
        slots = new ulong[count + spareEntries];
        source.data.AsSpan(start, length).CopyTo(data);
        source.slots.AsSpan(source.first + from, count).CopyTo(slots);
        Shift(slots.AsSpan(0, count), -start);
        if (source.large is not null)
        {
            large = new LargeValue?[slots.Length];
            source.large.AsSpan(source.first + from, count).CopyTo(large);
        }

        (Count, shared) = (count, source.shared);
        if (count < source.Count)
        {
            ShareMore();
        }
    }

    /// <summary>How many entries there are.</summary>
    public int Count { get; private set; }

    /// <summary>How many bytes of entries lie here.</summary>
    public int Bytes => Start(first + Count) - Start(first);

    /// <summary>Whether it must be split.</summary>
    public bool IsTooLarge => Count > EntriesMax || Bytes > BytesMax;

    /// <summary>Whether it should join a neighbor.</summary>
    public bool IsSmall => Count < EntriesMax / 4 && Bytes < BytesMax / 4;

    /// <summary>Whether this leaf and the next one fit into one, and leave room.</summary>
    public bool FitsWith(StateLeaf next) => Count + next.Count <= EntriesMax * 3 / 4 && Bytes + next.Bytes <= BytesMax * 3 / 4;

    /// <summary>Whether another entry of so many bytes fits.</summary>
    public bool HasRoomFor(int bytes) => Count < EntriesMax && Bytes + bytes <= BytesMax;

    public ReadOnlySpan<byte> KeyAt(int place) => data.AsSpan(Start(first + place), KeyLength(first + place));

    public ReadOnlySpan<byte> ValueAt(int place)
    {
        var slot = first + place;
        if (large?[slot] is { } elsewhere)
        {
            return elsewhere.Bytes;
        }

        var start = Start(slot) + KeyLength(slot);
        return data.AsSpan(start, Start(slot + 1) - start);
    }

    public UInt128 HashAt(int place)
    {
        var slot = first + place;
        return large?[slot] is { } elsewhere
            ? elsewhere.Hash
            : EntryHash.Of(data.AsSpan(Start(slot), Start(slot + 1) - Start(slot)), KeyLength(slot));
    }

    /// <summary>Looks a key up.</summary>
    /// <param name="key">The key.</param>
    /// <param name="place">Where it is, or where it would be.</param>
    /// <returns>Whether it is there.</returns>
    public bool TryFind(ReadOnlySpan<byte> key, out int place)
    {
        place = 0;
        if (Count == 0)
        {
            return false;
        }

        var common = data.AsSpan(Start(first), shared);
        if (!key.StartsWith(common))
        {
            place = key.SequenceCompareTo(common) < 0 ? 0 : Count;
            return false;
        }

        var used = slots.AsSpan(first, Count);
        var head = KeyHead.Of32(key, shared);
        place = KeyHead.CountBelow(used, head);
        if (place == Count || (uint)(used[place] >> KeyHead.Bits32) != head)
        {
            return false;
        }

        // Keys with that head are in order by what follows it; mostly there is one.
        var order = KeyAt(place).SequenceCompareTo(key);
        if (order >= 0)
        {
            return order == 0;
        }

        var (low, high) = (place + 1, head == uint.MaxValue ? Count : KeyHead.CountBelow(used, head + 1));
        while (low < high)
        {
            place = (low + high) >>> 1;
            order = KeyAt(place).SequenceCompareTo(key);
            if (order == 0)
            {
                return true;
            }

            (low, high) = order < 0 ? (place + 1, high) : (low, place);
        }

        place = low;
        return false;
    }

    /// <summary>Whether bytes are in the array that writing to this leaf moves.</summary>
    public bool Holds(ReadOnlySpan<byte> bytes) => bytes.Overlaps(data);

    /// <summary>Inserts an entry.</summary>
    /// <param name="place">Where it belongs.</param>
    /// <param name="key">Its key.</param>
    /// <param name="value">Its value; empty when that lies elsewhere.</param>
    /// <param name="elsewhere">Its value when that is large.</param>
    public void Insert(int place, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, LargeValue? elsewhere)
    {
        var length = key.Length + value.Length;
        Reserve(length, 1);
        ShareWith(key);
        var slot = first + place;
        var start = Start(slot);
        MoveBytes(start, Start(first + Count), length);
        slots.AsSpan(slot, Count - place).CopyTo(slots.AsSpan(slot + 1));
        Shift(slots.AsSpan(slot + 1, Count - place), length);
        slots[slot] = ((ulong)KeyHead.Of32(key, shared) << KeyHead.Bits32) | ((ulong)(start + length) << KeyLengthBits) | (uint)key.Length;
        if (large is not null)
        {
            large.AsSpan(slot, Count - place).CopyTo(large.AsSpan(slot + 1));
        }

        Count++;
        key.CopyTo(data.AsSpan(start));
        value.CopyTo(data.AsSpan(start + key.Length));
        SetLarge(slot, elsewhere);
    }

    /// <summary>Gives an entry another value.</summary>
    /// <param name="place">The entry.</param>
    /// <param name="value">The value; empty when that lies elsewhere.</param>
    /// <param name="elsewhere">The value when that is large.</param>
    public void Replace(int place, ReadOnlySpan<byte> value, LargeValue? elsewhere)
    {
        var growth = value.Length - InlineLength(first + place);
        if (growth > 0)
        {
            Reserve(growth, 0);
        }

        var slot = first + place;
        if (growth != 0)
        {
            MoveBytes(Start(slot + 1), Start(first + Count), growth);
            Shift(slots.AsSpan(slot, Count - place), growth);
        }

        value.CopyTo(data.AsSpan(Start(slot) + KeyLength(slot)));
        SetLarge(slot, elsewhere);
    }

    /// <summary>How many bytes an entry's value takes here.</summary>
    public int InlineBytesAt(int place) => InlineLength(first + place);

    /// <summary>Removes an entry.</summary>
    public void RemoveAt(int place)
    {
        var slot = first + place;
        SetLarge(slot, null);
        if (place == 0)
        {
            Count--;
            first = Count == 0 ? 0 : first + 1;
            return;
        }

        var length = Start(slot + 1) - Start(slot);
        var behind = Count - place - 1;
        MoveBytes(Start(slot + 1), Start(first + Count), -length);
        slots.AsSpan(slot + 1, behind).CopyTo(slots.AsSpan(slot));
        Shift(slots.AsSpan(slot, behind), -length);
        Count--;
        if (large is not null)
        {
            large.AsSpan(slot + 1, behind).CopyTo(large.AsSpan(slot));
            large[slot + behind] = null;
        }
    }

    /// <summary>A copy that is written in place of this one.</summary>
    /// <param name="epoch">The copy's epoch.</param>
    /// <param name="spareBytes">Room for so many bytes of entries more.</param>
    public StateLeaf Copy(long epoch, int spareBytes) => new(epoch, this, 0, Count, spareBytes, spareBytes == 0 ? 0 : 1);

    /// <summary>Moves the entries from a place on into a new leaf.</summary>
    public StateLeaf SplitOff(int place, long epoch)
    {
        var right = new StateLeaf(epoch, this, place, Count - place, 0, 0);
        Count = place;
        Resize(0, 0);
        ShareMore();
        return right;
    }

    /// <summary>Where a split leaves about half of the bytes on each side: from 1 to <see cref="Count"/> - 1.</summary>
    public int Middle()
    {
        var half = Start(first) + (Bytes / 2);
        var place = 1;
        while (place < Count - 1 && Start(first + place) < half)
        {
            place++;
        }

        return place;
    }

    /// <summary>Takes over the entries of the next leaf.</summary>
    public void Append(StateLeaf next)
    {
        Resize(next.Bytes, next.Count);
        var end = Start(Count);
        var start = next.Start(next.first);
        next.data.AsSpan(start, next.Bytes).CopyTo(data.AsSpan(end));
        next.slots.AsSpan(next.first, next.Count).CopyTo(slots.AsSpan(Count));
        Shift(slots.AsSpan(Count, next.Count), end - start);
        if (next.large is not null)
        {
            large ??= new LargeValue?[slots.Length];
            next.large.AsSpan(next.first, next.Count).CopyTo(large.AsSpan(Count));
        }

        Count += next.Count;
        SetHeads(KeyAt(0).CommonPrefixLength(KeyAt(Count - 1)));
    }

    private int Start(int slot) => slot == 0 ? 0 : (ushort)(slots[slot - 1] >> KeyLengthBits);

    private int KeyLength(int slot) => (ushort)slots[slot];

    private int InlineLength(int slot) => Start(slot + 1) - Start(slot) - KeyLength(slot);

    private void MoveBytes(int from, int to, int by) => data.AsSpan(from, to - from).CopyTo(data.AsSpan(from + by));

    /// <summary>Makes heads begin earlier, where a key that comes has less in common with those that are here.</summary>
    private void ShareWith(ReadOnlySpan<byte> key)
    {
        if (Count == 0)
        {
            shared = key.Length;
        }
        else if (KeyAt(0)[..shared].CommonPrefixLength(key) is var common && common < shared)
        {
            SetHeads(common);
        }
    }

    /// <summary>Makes heads begin later, where the keys that are left have more in common than those that were here.</summary>
    private void ShareMore()
    {
        // Keys are in order, so what the first and the last have in common all of them have.
        if (Count > 0 && KeyAt(0).CommonPrefixLength(KeyAt(Count - 1)) is var common && common != shared)
        {
            SetHeads(common);
        }
    }

    private void SetHeads(int common)
    {
        shared = common;
        for (var place = 0; place < Count; place++)
        {
            ref var slot = ref slots[first + place];
            slot = (uint)slot | ((ulong)KeyHead.Of32(KeyAt(place), shared) << KeyHead.Bits32);
        }
    }

    private static void Shift(Span<ulong> moved, int by)
    {
        // An end never becomes negative, nor greater than its bits hold: heads are not touched.
        var difference = (ulong)((long)by << KeyLengthBits);
        foreach (ref var slot in moved)
        {
            slot = unchecked(slot + difference);
        }
    }

    private void SetLarge(int slot, LargeValue? elsewhere)
    {
        if (elsewhere is not null)
        {
            large ??= new LargeValue?[slots.Length];
        }

        if (large is not null)
        {
            large[slot] = elsewhere;
        }
    }

    /// <summary>Makes room for so many more bytes and entries.</summary>
    private void Reserve(int bytes, int entries)
    {
        if (Start(first + Count) + bytes <= data.Length && first + Count + entries <= slots.Length)
        {
            return;
        }

        // Closing a gap that is small would have to be done again at once.
        if (first > Count / 4 && Bytes + bytes <= data.Length && Count + entries <= slots.Length)
        {
            CloseGap();
            return;
        }

        Resize(bytes, entries);
    }

    private void CloseGap()
    {
        var start = Start(first);
        MoveBytes(start, Start(first + Count), -start);
        slots.AsSpan(first, Count).CopyTo(slots);
        Shift(slots.AsSpan(0, Count), -start);
        if (large is not null)
        {
            large.AsSpan(first, Count).CopyTo(large);
            large.AsSpan(Count).Clear();
        }

        first = 0;
    }

    /// <summary>Moves everything into arrays with room for more, without a gap.</summary>
    private void Resize(int bytes, int entries)
    {
        var grown = new StateLeaf(Epoch, this, 0, Count, Spare(Bytes, bytes, BytesMax), Spare(Count, entries, EntriesMax));
        (slots, data, large, first) = (grown.slots, grown.data, grown.large, 0);
    }

    /// <summary>How much more than what is there to make room for: a quarter more than is asked for, up to where leaves are split.</summary>
    private static int Spare(int used, int more, int most) => Math.Max(used + more, Math.Min(most, (used + more) * 5 / 4)) - used;
}
