using OrleansRaft.Core;

namespace OrleansRaft.Lab.Checks;

/// <summary>What was last seen of one activation of a replica.</summary>
internal sealed class ObservedReplica
{
    public Term Term { get; set; }

    public RaftRole Role { get; set; }

    public LogIndex CommitIndex { get; set; }

    public LogIndex AppliedIndex { get; set; }

    public Configuration? Configuration { get; set; }

    /// <summary>The version of the state machine after its last entry.</summary>
    public int MachineVersion { get; set; }

    /// <summary>The entry that brought the configuration.</summary>
    public EntryId ConfigurationEntry { get; set; }
}
