using OrleansRaft.Core.Codec;

namespace OrleansRaft.Core;

/// <summary>The entries that raise the machine's version, so that the version of any index is known, and captured exactly in snapshots.</summary>
/// <param name="initial">The version at the start of the log.</param>
internal sealed class VersionHistory(int initial)
{
    // Sorted by entry and by version; the first is the one at the start of the log.
    private readonly List<(LogIndex Entry, int Version)> raises = [(LogIndex.Zero, initial)];

    /// <summary>The version after the last entry of the log, committed or not.</summary>
    public int Latest => raises[^1].Version;

    /// <summary>The entry that raised it to that; zero for none that the log holds.</summary>
    public LogIndex LatestEntry => raises[^1].Entry;

    /// <summary>Notes an entry that was appended.</summary>
    public void Note(in Entry entry)
    {
        if (entry.Kind == EntryKind.Raise)
        {
            var version = RaiseCodec.Decode(entry.Body);
            Invariant.Holds(version > Latest, "the machine's version is only ever raised");
            raises.Add((entry.Index, version));
        }
    }

    /// <summary>Forgets what was cut off.</summary>
    public void TruncateAfter(LogIndex index)
    {
        while (raises.Count > 1 && raises[^1].Entry > index)
        {
            raises.RemoveAt(raises.Count - 1);
        }
    }

    /// <summary>Forgets versions that were followed by others at or before an index.</summary>
    public void CompactThrough(LogIndex index)
    {
        while (raises.Count > 1 && raises[1].Entry <= index)
        {
            raises.RemoveAt(0);
        }
    }

    /// <summary>The version at which the machine works when it has applied an index.</summary>
    public int At(LogIndex index)
    {
        var place = raises.Count - 1;
        while (place > 0 && raises[place].Entry > index)
        {
            place--;
        }

        return raises[place].Version;
    }

    /// <summary>The first entry that raises the version to one that a program does not support; null when there is none.</summary>
    public LogIndex? FirstBeyond(MachineVersions supported)
    {
        for (var place = 1; place < raises.Count; place++)
        {
            if (raises[place].Version > supported.Newest)
            {
                return raises[place].Entry;
            }
        }

        return null;
    }
}
