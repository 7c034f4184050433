using System.Numerics;

namespace OrleansRaft.Core;

/// <summary>The part of the log that is held in memory: everything after <see cref="Start"/>.</summary>
/// <remarks>
/// A ring, so that compaction moves nothing. Invariant: indexes are contiguous, terms, times and stamps never fall.
/// </remarks>
internal sealed class RaftLog
{
    private const int CapacityMin = 16;

    private Entry[] ring = new Entry[CapacityMin];
    private int head;
    private LogTime startTime;
    private UtcTime startUtc;
    private EntryBlock? lastSlice;

    public RaftLog(EntryId start, LogTime startTime, UtcTime startUtc)
    {
        Start = start;
        (this.startTime, this.startUtc) = (startTime, startUtc);
    }

    /// <summary>The id of the entry before the first that is held.</summary>
    public EntryId Start { get; private set; }

    /// <summary>How many entries are held.</summary>
    public int Count { get; private set; }

    /// <summary>The id of the last entry.</summary>
    public EntryId Last => Count == 0 ? Start : At(Count - 1).Id;

    /// <summary>The time of the last entry.</summary>
    public LogTime LastTime => Count == 0 ? startTime : At(Count - 1).Time;

    /// <summary>The UTC stamp of the last entry.</summary>
    public UtcTime LastUtc => Count == 0 ? startUtc : At(Count - 1).Utc;

    /// <summary>The entry at an index that is held.</summary>
    public ref readonly Entry this[LogIndex index]
    {
        get
        {
            Invariant.Holds(index > Start.Index && index <= Last.Index, "only entries that are held are read");
            return ref At((int)(index - Start.Index) - 1);
        }
    }

    /// <summary>The id at an index; null where the log does not reach or no longer reaches.</summary>
    public EntryId? IdAt(LogIndex index) =>
        index == Start.Index ? Start
        : index < Start.Index || index > Last.Index ? null
        : this[index].Id;

    /// <summary>Whether the log holds this very entry.</summary>
    public bool Contains(EntryId id) => IdAt(id.Index) == id;

    /// <summary>Adds an entry at the end.</summary>
    public void Append(in Entry entry)
    {
        Invariant.Holds(entry.Index == Last.Index.Next, "entries are appended at the end of the log");
        Invariant.Holds(entry.Term >= Last.Term, "terms never fall along the log");
        Invariant.Holds(entry.Utc >= LastUtc, "stamps never fall along the log");
        if (Count == ring.Length)
        {
            Resize(ring.Length * 2);
        }

        ring[(head + Count) & (ring.Length - 1)] = entry;
        Count++;
    }

    /// <summary>
    /// Notes that the log ends with a block that came from the leader: it is written as it came, and not encoded once more.
    /// </summary>
    public void NoteEnd(EntryBlock block)
    {
        Invariant.Holds(block.Count > 0 && block.Last == Last && IdAt(block.Previous.Index) == block.Previous, "the log ends with the block");
        lastSlice = block;
    }

    /// <summary>Cuts off everything after an index.</summary>
    public void TruncateAfter(LogIndex index)
    {
        Invariant.Holds(index >= Start.Index, "what a snapshot covers is never cut off");
        while (Last.Index > index)
        {
            Count--;
            At(Count) = default;
        }

        lastSlice = null;
    }

    /// <summary>Forgets everything up to an index.</summary>
    public void CompactThrough(LogIndex index)
    {
        var most = Count;
        while (Start.Index < index)
        {
            ref var first = ref At(0);
            (Start, startTime, startUtc) = (first.Id, first.Time, first.Utc);
            first = default;
            head = (head + 1) & (ring.Length - 1);
            Count--;
        }

        lastSlice = null;

        // As many are likely to come before the next compaction: a ring that gave their room back would be made anew for them, again and again.
        if (ring.Length > CapacityMin && most < ring.Length / 8)
        {
            Resize(Math.Max(CapacityMin, ring.Length / 4));
        }
    }

    /// <summary>Gives room back that was needed for more entries than are held: no others are expected soon.</summary>
    public void Trim()
    {
        var capacity = Math.Max(CapacityMin, (int)BitOperations.RoundUpToPowerOf2((uint)Count));
        if (capacity < ring.Length / 2)
        {
            Resize(capacity);
        }
    }

    /// <summary>Replaces the whole log by a snapshot.</summary>
    public void ResetTo(EntryId start, LogTime time, UtcTime utc)
    {
        (Start, startTime, startUtc) = (start, time, utc);
        (ring, head, Count) = (new Entry[CapacityMin], 0, 0);
        lastSlice = null;
    }

    /// <summary>
    /// The entries after an index, as many as fit; at least one if there is any. The same slice asked for again is the same block, encoded once.
    /// </summary>
    public EntryBlock SliceAfter(LogIndex index, long bytesMax)
    {
        Invariant.Holds(index >= Start.Index && index <= Last.Index, "only entries that are held are sent or written");
        var count = CountWithin(index, bytesMax);
        var previous = IdAt(index)!.Value;
        if (count == 0)
        {
            return EntryBlock.Empty(previous);
        }

        if (lastSlice is { } known && known.Previous == previous && known.Count == count)
        {
            return known;
        }

        var entries = new Entry[count];
        for (var i = 0; i < count; i++)
        {
            entries[i] = this[index + (i + 1)];
        }

        return lastSlice = new EntryBlock(previous, entries);
    }

    /// <summary>The entries after one index, up to another, if they are the slice that was last asked for, or noted; null otherwise.</summary>
    public EntryBlock? FindSlice(LogIndex after, LogIndex through) =>
        lastSlice is { } known && known.Previous.Index == after && known.Last.Index == through ? known : null;

    /// <summary>What the entries after one index, up to another, count against limits.</summary>
    public long BytesBetween(LogIndex after, LogIndex through)
    {
        long bytes = 0;
        for (var index = after.Next; index <= through; index = index.Next)
        {
            bytes += this[index].SizeBytes;
        }

        return bytes;
    }

    /// <summary>
    /// The last index, at or before the given one, whose term is at most <paramref name="term"/> (§5.3: skip whole conflicting terms).
    /// </summary>
    public EntryId LastAtMost(Term term, LogIndex index)
    {
        var candidate = LogIndex.Min(index, Last.Index);
        while (candidate > Start.Index && this[candidate].Term > term)
        {
            candidate = candidate.Previous;
        }

        return IdAt(LogIndex.Max(candidate, Start.Index))!.Value;
    }

    private int CountWithin(LogIndex index, long bytesMax)
    {
        var count = 0;
        long bytes = 0;
        for (var next = index.Next; next <= Last.Index; next = next.Next)
        {
            bytes += this[next].SizeBytes;
            if (count > 0 && bytes > bytesMax)
            {
                break;
            }

            count++;
        }

        return count;
    }

    private ref Entry At(int offset) => ref ring[(head + offset) & (ring.Length - 1)];

    private void Resize(int capacity)
    {
        var larger = new Entry[capacity];
        for (var i = 0; i < Count; i++)
        {
            larger[i] = At(i);
        }

        (ring, head) = (larger, 0);
    }
}
