namespace OrleansRaft.Core;

/// <summary>One entry of the log.</summary>
/// <param name="Id">Its term and index.</param>
/// <param name="Kind">What its body means.</param>
/// <param name="Time">The group's time at its append, stamped by the leader; never falls along the log.</param>
/// <param name="Body">Its bytes; never changed after the entry is made.</param>
public readonly record struct Entry(EntryId Id, EntryKind Kind, LogTime Time, ReadOnlyMemory<byte> Body)
{
    /// <summary>What an entry counts beyond its body against every limit in bytes.</summary>
    public const int OverheadBytes = 32;

    /// <summary>
    /// The leader's UTC stamp, within bounds: it never falls along the log. None in clusters below feature level 2.
    /// </summary>
    public UtcTime Utc { get; init; }

    /// <summary>The entry's place in the log.</summary>
    public LogIndex Index => Id.Index;

    /// <summary>The term in which a leader created the entry.</summary>
    public Term Term => Id.Term;

    /// <summary>What the entry counts against every limit in bytes.</summary>
    public int SizeBytes => OverheadBytes + Body.Length;
}
