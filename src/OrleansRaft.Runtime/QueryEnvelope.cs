using OrleansRaft.Core;

namespace OrleansRaft.Runtime;

/// <summary>A query on its way to a replica.</summary>
/// <param name="Key">The key by which the client chose the group.</param>
/// <param name="Query">The encoded query.</param>
internal readonly record struct QueryEnvelope(string Key, ReadOnlyMemory<byte> Query)
{
    /// <summary>The key by which the client chose the group; empty in a default value.</summary>
    public string Key { get => field ?? ""; init; } = Key;

    /// <summary>
    /// For a stale read, the index of an entry that the answer must have seen, such as the client's own last write: a replica that has not applied it
    /// yet asks its leader, as for a linearizable read. Zero for whatever there is.
    /// </summary>
    public LogIndex AtLeast { get; init; }

    /// <summary>The version of the state machine that the query needs: the lowest that reads it without loss.</summary>
    public int Needs { get => field == 0 ? MachineVersions.Initial : field; init => field = value == MachineVersions.Initial ? 0 : value; }

    /// <summary>
    /// For how many milliseconds from its arrival on somebody waits for the answer; 0 when that is not known. A query whose caller has given up is
    /// not run.
    /// </summary>
    public long PatienceMilliseconds { get; init; }
}
