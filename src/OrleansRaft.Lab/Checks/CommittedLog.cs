namespace OrleansRaft.Lab.Checks;

/// <summary>The one log that all replicas agree on: what was ever seen to be committed, and in which leader's term it was.</summary>
internal sealed class CommittedLog
{
    private readonly List<(EntryId Id, Term In)> entries = [(EntryId.Zero, Term.Zero)];

    public LogIndex Last => new(entries.Count - 1);

    /// <summary>The committed entry at an index; null when none was seen there.</summary>
    public EntryId? IdAt(LogIndex index) =>
        index.Value < entries.Count && entries[(int)index.Value].Id != default ? entries[(int)index.Value].Id : null;

    /// <summary>Notes that an entry is committed.</summary>
    /// <returns>Whether it is the entry that was committed there before, if one was.</returns>
    public bool Add(EntryId id, Term term)
    {
        while (entries.Count <= id.Index.Value)
        {
            entries.Add(default);
        }

        var seen = entries[(int)id.Index.Value];
        if (seen.Id == default)
        {
            entries[(int)id.Index.Value] = (id, term);
            return true;
        }

        return seen.Id == id;
    }

    /// <summary>The last entry that was committed in a term before <paramref name="term"/>.</summary>
    public EntryId LastBefore(Term term)
    {
        for (var i = entries.Count - 1; i > 0; i--)
        {
            if (entries[i].Id != default && entries[i].In < term)
            {
                return entries[i].Id;
            }
        }

        return EntryId.Zero;
    }
}
