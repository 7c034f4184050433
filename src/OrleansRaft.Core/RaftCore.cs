namespace OrleansRaft.Core;

/// <summary>One replica of Raft, pure: inputs in, effects and writes out. It has no clock, thread, disk or dice.</summary>
public sealed partial class RaftCore
{
    /// <summary>Starts a replica from what its store read back.</summary>
    /// <param name="id">The replica's name in its group.</param>
    /// <param name="settings">How it behaves.</param>
    /// <param name="recovered">What the store read back; the state machine has been restored from its snapshot.</param>
    /// <param name="seed">The seed of its election timeouts: different for each replica.</param>
    public RaftCore(ReplicaId id, RaftSettings settings, RecoveredState recovered, ulong seed)
    {
        throw new NotSupportedException();
    }

    /// <summary>Takes one input to its end.</summary>
    /// <param name="input">What happened.</param>
    /// <param name="now">The host's monotonic clock, read after the input was taken from its queue.</param>
    /// <param name="effects">Receives what the host must do, in order.</param>
    /// <exception cref="InvariantViolationException">The replica found itself impossible; it must be stopped and not stepped again.</exception>
    public void Step(Input input, MonotonicTime now, List<Effect> effects) => throw new NotSupportedException();

    /// <summary>Whether something waits to be written.</summary>
    public bool HasWrite => throw new NotSupportedException();

    /// <summary>
    /// Takes everything that waits to be written, as one write. Its ticket is the one that effects since the last write carry.
    /// Several writes may be in flight; they must become durable in the order in which they were taken.
    /// </summary>
    public LogWrite TakeWrite() => throw new NotSupportedException();

    /// <summary>The configuration in force at an index that has been applied; what a snapshot of that index must carry (§7).</summary>
    public Configuration ConfigurationAt(LogIndex index) => throw new NotSupportedException();

    /// <summary>The id of an entry in the log, null when it is not there (compacted, or beyond the end).</summary>
    public EntryId? IdAt(LogIndex index) => throw new NotSupportedException();

    /// <summary>Entries in the log after an index, for people: at most <paramref name="countMax"/>, fewer when the log ends or begins later.</summary>
    public IReadOnlyList<Entry> EntriesAfter(LogIndex index, int countMax) => throw new NotSupportedException();

    /// <summary>How many bytes of applied entries the log holds beyond its newest snapshot: the reason to take another.</summary>
    public long BytesSinceSnapshot => throw new NotSupportedException();

    /// <summary>Whether a snapshot is on its way to a follower. A host delays the next one, within limits, so as not to start it over.</summary>
    public bool IsSendingSnapshot => throw new NotSupportedException();

    /// <summary>The role.</summary>
    public RaftRole Role => throw new NotSupportedException();

    /// <summary>The current term.</summary>
    public Term CurrentTerm => throw new NotSupportedException();

    /// <summary>The leader this replica knows, if any.</summary>
    public ReplicaId? Leader => throw new NotSupportedException();

    /// <summary>The last entry whose effects the state machine holds.</summary>
    public LogIndex AppliedIndex => throw new NotSupportedException();

    /// <summary>The log time of the last applied entry.</summary>
    public LogTime AppliedTime => throw new NotSupportedException();

    /// <summary>The commit index.</summary>
    public LogIndex CommitIndex => throw new NotSupportedException();

    /// <summary>The group's time as this leader would stamp it on an entry now; the time of the last entry elsewhere.</summary>
    public LogTime LogTimeAt(MonotonicTime now) => throw new NotSupportedException();

    /// <summary>The replica at this moment, for people and tests.</summary>
    public RaftStatus Status => throw new NotSupportedException();
}
