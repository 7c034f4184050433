using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Sessions;

/// <summary>
/// Finds the entries whose request ids may be a given one, by a hash of the id: 8 bytes and some room for each. Part of no snapshot, since it follows
/// from the ids.
/// </summary>
/// <remarks>
/// Open addressing with linear probing. A slot holds 23 bits of the hash, which say where it belongs, and the 40 low bits of the entry's index: what
/// is remembered lies within 2 to the 40 entries. The ids lie with the records, where whoever asks compares them.
/// </remarks>
internal sealed class RequestIndex
{
    private const int EntryBits = 40;
    private const int HashBits = 23;
    private const long EntryMask = (1L << EntryBits) - 1;
    private const ulong Taken = 1UL << 63;
    private const int LengthMin = 8;

    private ulong[] slots = [];
    private int count;
    private long latest;

    /// <summary>Adds an entry.</summary>
    /// <param name="hash">The hash of its request id.</param>
    /// <param name="entry">Its index: greater than those that were added before.</param>
    public void Add(int hash, LogIndex entry)
    {
        if (5L * (count + 1) > 4L * slots.Length)
        {
            Resize(count + 1);
        }

        latest = entry.Value;
        Place(Taken | ((ulong)Shorten(hash) << EntryBits) | ((ulong)entry.Value & (ulong)EntryMask));
        count++;
    }

    /// <summary>Goes to the next entry under a hash.</summary>
    /// <param name="hash">The hash of a request id.</param>
    /// <param name="slot">Where the last one was; -1 at first.</param>
    /// <param name="entry">The index of the entry.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryNext(int hash, ref int slot, out LogIndex entry)
    {
        entry = LogIndex.Zero;
        if (count == 0)
        {
            return false;
        }

        var wanted = Shorten(hash);
        for (slot = slot < 0 ? HomeOf(wanted) : After(slot); slots[slot] != 0; slot = After(slot))
        {
            if (HashOf(slots[slot]) == wanted)
            {
                // The low bits are enough, as long as nothing is older than they reach.
                entry = new LogIndex(latest - ((latest - (long)slots[slot]) & EntryMask));
                return true;
            }
        }

        return false;
    }

    /// <summary>Removes an entry.</summary>
    /// <param name="hash">The hash of its request id.</param>
    /// <param name="entry">Its index.</param>
    public void Remove(int hash, LogIndex entry)
    {
        var slot = -1;
        LogIndex found;
        do
        {
            Invariant.Holds(TryNext(hash, ref slot, out found), "a request id that is remembered is found");
        }
        while (found != entry);

        count--;
        Close(slot);
        if (slots.Length > LengthMin && count < slots.Length / 4)
        {
            Resize(count);
        }
    }

    private static uint Shorten(int hash) => (uint)hash >> (32 - HashBits);

    private static uint HashOf(ulong slot) => (uint)(slot >> EntryBits) & ((1u << HashBits) - 1);

    private int HomeOf(uint hash) => (int)(((ulong)hash * (ulong)slots.Length) >> HashBits);

    private int After(int slot) => slot + 1 == slots.Length ? 0 : slot + 1;

    private void Place(ulong content)
    {
        var slot = HomeOf(HashOf(content));
        while (slots[slot] != 0)
        {
            slot = After(slot);
        }

        slots[slot] = content;
    }

    /// <summary>Empties a slot, and moves what can no longer be found behind it.</summary>
    private void Close(int hole)
    {
        for (var slot = After(hole); slots[slot] != 0; slot = After(slot))
        {
            var home = HomeOf(HashOf(slots[slot]));
            if ((slot - home + slots.Length) % slots.Length >= (slot - hole + slots.Length) % slots.Length)
            {
                slots[hole] = slots[slot];
                hole = slot;
            }
        }

        slots[hole] = 0;
    }

    private void Resize(int held)
    {
        var before = slots;
        slots = new ulong[Math.Max(LengthMin, held + (held / 2) + 1)];
        foreach (var content in before)
        {
            if (content != 0)
            {
                Place(content);
            }
        }
    }
}
