namespace OrleansRaft;

/// <summary>Identifies an entry: if two logs hold the same id, they are the same up to it (Log Matching, §5.3).</summary>
/// <param name="Term">The term in which a leader created the entry.</param>
/// <param name="Index">The entry's place in the log.</param>
public readonly record struct EntryId(Term Term, LogIndex Index)
{
    /// <summary>The id before the first entry.</summary>
    public static EntryId Zero => default;

    /// <summary>Whether a log that ends here is at least as up-to-date as one that ends at <paramref name="other"/> (§5.4.1).</summary>
    public bool IsAtLeastAsUpToDateAs(EntryId other) =>
        Term > other.Term || (Term == other.Term && Index >= other.Index);

    /// <inheritdoc/>
    public override string ToString() => $"{Term}.{Index}";
}
