namespace OrleansRaft.Runtime.Sessions;

/// <summary>One registered client session (thesis §6.3): the results that its client may still ask for.</summary>
/// <remarks>
/// Most results are forgotten as soon as their client has them, by its next command. So they are held here at first, as objects, and only those that
/// stay go into the table's keyed state, with what else is known of the session; see <see cref="ClientSessionTable"/>.
/// </remarks>
/// <param name="id">The index of the entry that opened it.</param>
/// <param name="lastActive">The group's time of its last command.</param>
internal sealed class ClientSession(LogIndex id, LogTime lastActive)
{
    public LogIndex Id { get; } = id;

    public LogTime LastActive { get; set; } = lastActive;

    /// <summary>Sequence numbers below this have been answered to the client. Invariant: no result below it is held.</summary>
    public long AnsweredBelow { get; set; }

    /// <summary>The results that are held here, by sequence number.</summary>
    public Dictionary<long, RequestRecord> Recent { get; } = [];

    /// <summary>How many results are in the keyed state.</summary>
    public int StoredCount { get; set; }

    /// <summary>The greatest sequence number of a result that was ever put into the keyed state.</summary>
    public long StoredThrough { get; set; }

    /// <summary>Whether the keyed state lacks something of the session.</summary>
    public bool IsChanged { get; set; }

    public int ResultCount => Recent.Count + StoredCount;
}
