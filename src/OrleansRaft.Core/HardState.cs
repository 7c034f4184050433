namespace OrleansRaft.Core;

/// <summary>What a replica must never forget (Figure 2, persistent state). Term and vote are always written together.</summary>
/// <param name="CurrentTerm">The latest term the replica has seen.</param>
/// <param name="VotedFor">Whom it voted for in that term, if anybody.</param>
/// <param name="CommitIndex">The highest entry it knew to be committed when it last wrote; a hint that saves work after a restart, never a
/// promise.</param>
public readonly record struct HardState(Term CurrentTerm, ReplicaId? VotedFor, LogIndex CommitIndex)
{
    /// <summary>The state of a replica that has seen nothing.</summary>
    public static HardState Initial => default;
}
