using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Storage;

/// <summary>A block as a store holds it.</summary>
/// <param name="ValidThrough">Its last entry that counts: a truncation through the middle of a block lowers this and leaves the bytes as they
/// are.</param>
/// <param name="Encoded">The bytes of <see cref="EntryBlock.Encoded"/>.</param>
public readonly record struct StoredBlock(LogIndex ValidThrough, ReadOnlyMemory<byte> Encoded);

/// <summary>
/// Puts a replica's log together from stored blocks, and believes nothing: contiguity, terms that never fall, checksums, beginning and end are
/// checked.
/// </summary>
public static class StoredLog
{
    /// <summary>Reads the entries after <paramref name="start"/>.</summary>
    /// <param name="key">Whose log; named when it is damaged.</param>
    /// <param name="start">The last entry that was compacted away, as the replica's row says.</param>
    /// <param name="last">The last entry of the log, as the replica's row says.</param>
    /// <param name="blocks">The blocks in the order of their entries. The first may begin at or before <paramref name="start"/>.</param>
    /// <exception cref="CorruptDataException">Something is torn, damaged or missing; the message names the replica and the index.</exception>
    public static Entry[] Assemble(ReplicaKey key, EntryId start, EntryId last, IReadOnlyList<StoredBlock> blocks)
    {
        var entries = new List<Entry>();
        var before = start;
        foreach (var stored in blocks)
        {
            var block = Decode(key, before, stored);
            RequireFollows(key, start, before, block, isFirst: entries.Count == 0);
            foreach (ref readonly var entry in block.Entries)
            {
                if (entry.Index > stored.ValidThrough)
                {
                    break;
                }

                if (entry.Index > start.Index)
                {
                    entries.Add(entry);
                    before = entry.Id;
                }
                else if (entry.Index == start.Index && entry.Id != start)
                {
                    throw Damaged(key, entry.Index, $"the block holds {entry.Id} where the log was compacted through {start}");
                }
            }
        }

        if (before != last)
        {
            throw Damaged(key, before.Index.Next, $"the log ends with {before} although the replica's row says {last}");
        }

        return [.. entries];
    }

    /// <summary>Checks that a recovered log, its snapshot and its hard state fit each other.</summary>
    /// <exception cref="CorruptDataException">They contradict each other; the message names the replica and the index.</exception>
    public static void RequireConsistent(ReplicaKey key, RecoveredState recovered)
    {
        var last = recovered.Entries.Count == 0 ? recovered.LogStart : recovered.Entries[^1].Id;
        var included = recovered.Snapshot.LastIncluded;
        if (recovered.LogStart.Index > included.Index)
        {
            throw Damaged(key, included.Index.Next, $"the log starts after {recovered.LogStart}, the snapshot ends with {included}");
        }

        if (last.Index < included.Index)
        {
            throw Damaged(key, last.Index.Next, $"the log ends with {last} before the snapshot's {included}");
        }

        if (recovered.HardState.CurrentTerm < last.Term)
        {
            throw Damaged(key, last.Index, $"the current term {recovered.HardState.CurrentTerm} is below the term of the last entry {last}");
        }
    }

    /// <summary>The exception for damage at a place.</summary>
    /// <param name="key">Whose data.</param>
    /// <param name="index">Where.</param>
    /// <param name="what">What is wrong.</param>
    /// <param name="cause">What revealed it, if an exception did.</param>
    public static CorruptDataException Damaged(ReplicaKey key, LogIndex index, string what, Exception? cause = null)
    {
        var message = $"replica {key} is damaged at index {index}: {what}; it stays out of its group until it is removed as a member and added anew";
        return cause is null ? new CorruptDataException(message) : new CorruptDataException(message, cause);
    }

    private static EntryBlock Decode(ReplicaKey key, EntryId before, StoredBlock stored)
    {
        EntryBlock block;
        try
        {
            block = EntryBlock.Decode(stored.Encoded);
        }
        catch (CorruptDataException exception)
        {
            throw Damaged(key, before.Index.Next, exception.Message, exception);
        }

        if (block.Count == 0 || stored.ValidThrough <= block.Previous.Index || stored.ValidThrough > block.Last.Index)
        {
            throw Damaged(key, before.Index.Next, $"a block of {block} cannot count through {stored.ValidThrough}");
        }

        return block;
    }

    private static void RequireFollows(ReplicaKey key, EntryId start, EntryId before, EntryBlock block, bool isFirst)
    {
        var follows = isFirst && block.Previous.Index < start.Index ? block.Last.Index > start.Index : block.Previous == before;
        if (!follows)
        {
            throw Damaged(key, before.Index.Next, $"{block} does not follow {before}");
        }
    }
}
