namespace OrleansRaft.Core;

/// <summary>What an entry's body means. The values are part of the binary form.</summary>
public enum EntryKind
{
    /// <summary>
    /// The empty entry by which a new leader commits what it inherited (§8), and by which it lets a snapshot hold more than a member's state does.
    /// </summary>
    NoOp = 0,

    /// <summary>A command of the state machine; its bytes mean nothing to Raft.</summary>
    Command = 1,

    /// <summary>A configuration of the group, in force from its append (§6).</summary>
    Configuration = 2,

    /// <summary>The decision that an earlier entry, on which the state machine halted, is never applied.</summary>
    Skip = 3,

    /// <summary>Where every member makes a digest of its state, so that they can be compared. It has no body, and changes nothing.</summary>
    Comparison = 4,

    /// <summary>From here on the state machine works at a later version.</summary>
    Raise = 5,
}
