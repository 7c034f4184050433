using OrleansRaft.Core.Codec;

namespace OrleansRaft.Core;

/// <summary>
/// The configurations that the log holds, so that the one of any index is known: in force from append (§6), captured exactly in snapshots (§7).
/// </summary>
internal sealed class ConfigurationHistory(Configuration initial)
{
    // Sorted by version; the first is the one in force at the start of the log.
    private readonly List<Configuration> configurations = [initial];

    /// <summary>The configuration in force: the last in the log, committed or not.</summary>
    public Configuration Latest => configurations[^1];

    /// <summary>Notes an entry that was appended. Whether it holds a configuration.</summary>
    public bool Note(in Entry entry)
    {
        if (entry.Kind != EntryKind.Configuration)
        {
            return false;
        }

        configurations.Add(ConfigurationCodec.Decode(entry.Body) with { Version = entry.Index });
        return true;
    }

    /// <summary>Forgets what was cut off: the configuration before it is in force again.</summary>
    public bool TruncateAfter(LogIndex index)
    {
        var before = configurations.Count;
        while (configurations.Count > 1 && configurations[^1].Version > index)
        {
            configurations.RemoveAt(configurations.Count - 1);
        }

        return configurations.Count != before;
    }

    /// <summary>Forgets configurations that were followed by others at or before an index.</summary>
    public void CompactThrough(LogIndex index)
    {
        while (configurations.Count > 1 && configurations[1].Version <= index)
        {
            configurations.RemoveAt(0);
        }
    }

    /// <summary>Whether a replica is a member since an entry after an index, or was one.</summary>
    public bool HasMembershipAfter(LogIndex index, ReplicaId replica)
    {
        foreach (var configuration in configurations)
        {
            if (configuration.Find(replica)?.Session > index)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a replica is a voter in the configuration in force at an index, or in a later one.</summary>
    public bool IsVoterSince(LogIndex index, ReplicaId replica)
    {
        for (var i = configurations.Count - 1; i >= 0; i--)
        {
            if (configurations[i].IsVoter(replica))
            {
                return true;
            }

            if (configurations[i].Version <= index)
            {
                break;
            }
        }

        return false;
    }

    /// <summary>The configuration in force at an index.</summary>
    public Configuration At(LogIndex index)
    {
        for (var i = configurations.Count - 1; i > 0; i--)
        {
            if (configurations[i].Version <= index)
            {
                return configurations[i];
            }
        }

        return configurations[0];
    }
}
