using System.Runtime.CompilerServices;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Core;

/// <summary>Contiguous entries and the id before them: the unit of persistence and of replication. Immutable, and encoded at most once.</summary>
public sealed class EntryBlock
{
    private readonly Entry[] entries;

    // Boxed, so that it is replaced in one piece: the store and the lanes to several peers ask for it on different threads.
    private StrongBox<ReadOnlyMemory<byte>>? encoded;

    /// <summary>Makes a block.</summary>
    /// <param name="previous">The entry before the first.</param>
    /// <param name="entries">The entries, which the block owns from now on: their indexes follow each other, their terms and times never
    /// fall.</param>
    /// <exception cref="InvariantViolationException">The entries are not contiguous.</exception>
    public EntryBlock(EntryId previous, Entry[] entries)
        : this(previous, entries, default)
    {
        var (before, stamp) = (previous, UtcTime.None);
        foreach (var entry in entries)
        {
            Invariant.Holds(entry.Index == before.Index.Next, "entries of a block follow each other");
            Invariant.Holds(entry.Term >= before.Term, "terms never fall along the log");
            Invariant.Holds(entry.Utc >= stamp, "stamps never fall along the log");
            (before, stamp) = (entry.Id, entry.Utc);
        }
    }

    private EntryBlock(EntryId previous, Entry[] entries, ReadOnlyMemory<byte> encoded)
    {
        Previous = previous;
        this.entries = entries;
        this.encoded = encoded.IsEmpty ? null : new StrongBox<ReadOnlyMemory<byte>>(encoded);
        long bytes = 0;
        foreach (var entry in entries)
        {
            bytes += entry.SizeBytes;
        }

        SizeBytes = bytes;
    }

    /// <summary>The id of the entry before the first.</summary>
    public EntryId Previous { get; }

    /// <summary>The entries, in order.</summary>
    public ReadOnlySpan<Entry> Entries => entries;

    /// <summary>The same for those who keep them.</summary>
    internal IReadOnlyList<Entry> List => entries;

    /// <summary>How many entries there are.</summary>
    public int Count => entries.Length;

    /// <summary>What the entries count against limits.</summary>
    public long SizeBytes { get; }

    /// <summary>Whether entries have UTC stamps, so that only programs of feature level 2 read the block.</summary>
    public bool HasStamps => EntryBlockCodec.HasStamps(entries);

    /// <summary>The id of the last entry; <see cref="Previous"/> when there is none.</summary>
    public EntryId Last => entries.Length == 0 ? Previous : entries[^1].Id;

    /// <summary>The binary form, made once and then shared by the store and all peers. Any thread.</summary>
    public ReadOnlyMemory<byte> Encoded =>
        (encoded ??= new StrongBox<ReadOnlyMemory<byte>>(EntryBlockCodec.Encode(Previous, entries, SizeBytes))).Value;

    /// <summary>A block without entries: a heartbeat, or a truncation.</summary>
    public static EntryBlock Empty(EntryId previous) => new(previous, [], default);

    /// <summary>Reads the binary form.</summary>
    /// <param name="encoded">The bytes, which the block keeps and which must not change.</param>
    /// <exception cref="CorruptDataException">The bytes are torn, damaged, or not a block.</exception>
    public static EntryBlock Decode(ReadOnlyMemory<byte> encoded)
    {
        var (previous, entries) = EntryBlockCodec.Decode(encoded);
        return new EntryBlock(previous, entries, encoded);
    }

    /// <inheritdoc/>
    public override string ToString() => Count == 0 ? $"nothing after {Previous}" : $"{Count} entries {entries[0].Id} to {Last} after {Previous}";
}
