using System.Collections.Immutable;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Core;

/// <summary>The entries of a group that are never applied, because somebody decided so. Compared by value, never changed.</summary>
public sealed class SkippedEntries : IEquatable<SkippedEntries>
{
    /// <summary>How many a group may have: a program on which more entries throw is to be mended.</summary>
    public const int CountMax = 1_000;

    private SkippedEntries(ImmutableArray<LogIndex> indexes) => Indexes = indexes;

    /// <summary>No entry is skipped.</summary>
    public static SkippedEntries None { get; } = new([]);

    /// <summary>Their indexes, sorted.</summary>
    public ImmutableArray<LogIndex> Indexes { get; }

    /// <summary>How many there are.</summary>
    public int Count => Indexes.Length;

    /// <summary>Whether an entry is one of them.</summary>
    public bool Contains(LogIndex entry) => Indexes.BinarySearch(entry) >= 0;

    /// <summary>These and one more.</summary>
    public SkippedEntries With(LogIndex entry)
    {
        var place = Indexes.BinarySearch(entry);
        return place >= 0 ? this : new SkippedEntries(Indexes.Insert(~place, entry));
    }

    /// <summary>These and others.</summary>
    public SkippedEntries With(SkippedEntries others)
    {
        ArgumentNullException.ThrowIfNull(others);
        var all = this;
        foreach (var entry in others.Indexes)
        {
            all = all.With(entry);
        }

        return all;
    }

    /// <summary>The first of them after an index; null when there is none.</summary>
    public LogIndex? FirstAfter(LogIndex index)
    {
        var place = Indexes.BinarySearch(index.Next);
        place = place >= 0 ? place : ~place;
        return place < Count ? Indexes[place] : null;
    }

    /// <summary>The first of them, up to an index, that others do not name; null when they name all.</summary>
    /// <param name="others">The others.</param>
    /// <param name="through">The last index that counts.</param>
    public LogIndex? FirstNotIn(SkippedEntries others, LogIndex through)
    {
        ArgumentNullException.ThrowIfNull(others);
        foreach (var entry in Indexes)
        {
            if (entry > through)
            {
                break;
            }

            if (!others.Contains(entry))
            {
                return entry;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public bool Equals(SkippedEntries? other) => other is not null && Indexes.AsSpan().SequenceEqual(other.Indexes.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SkippedEntries other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Count == 0 ? 0 : unchecked((int)Indexes[^1].Value * 31) + Count;

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", Indexes);

    /// <summary>Writes the binary form: how many, and what each index grew since the one before (varints).</summary>
    internal void Write(WireWriter writer)
    {
        writer.WriteVarint(Count);
        var before = LogIndex.Zero;
        foreach (var entry in Indexes)
        {
            writer.WriteVarint(entry - before);
            before = entry;
        }
    }

    /// <summary>Reads the binary form of at least one: where there is none, nothing is written.</summary>
    /// <exception cref="CorruptDataException">The bytes are no sorted list of at least one index.</exception>
    internal static SkippedEntries Read(ref WireReader reader) => ReadAny(ref reader) is { Count: > 0 } read
        ? read
        : throw new CorruptDataException("a list of skipped entries is left out when it is empty");

    /// <summary>Reads the binary form, of none too.</summary>
    /// <exception cref="CorruptDataException">The bytes are no sorted list.</exception>
    internal static SkippedEntries ReadAny(ref WireReader reader)
    {
        var indexes = ImmutableArray.CreateBuilder<LogIndex>();
        long before = 0;
        for (var left = reader.ReadCount(1); left > 0; left--)
        {
            var growth = reader.ReadVarint();
            if (growth == 0 || growth > long.MaxValue - before || indexes.Count == CountMax)
            {
                throw new CorruptDataException("the list of skipped entries is not sorted, or too long");
            }

            before += growth;
            indexes.Add(new LogIndex(before));
        }

        return indexes.Count > 0 ? new SkippedEntries(indexes.ToImmutable()) : None;
    }
}
