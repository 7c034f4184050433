namespace OrleansRaft.Simulation.Mutants;

internal static class ElectionMutants
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new(
            "quorum-off-by-one",
            "a majority is one too few",
            "Core",
            "Quorum.cs",
            "(voters / 2) + 1",
            "Math.Max(1, voters / 2)"),
        new(
            "double-vote",
            "a second candidate of one term gets the vote, too",
            "Core",
            "Election.cs",
            "if (hardState.VotedFor is { } chosen && chosen != candidate)",
            "if (hardState.VotedFor is { } chosen && chosen == ReplicaId.Zero)"),
        new(
            "vote-not-persisted",
            "the vote is not part of what is written",
            "Core",
            "RaftCore.Persistence.cs",
            "new LogWrite(ticket, hardState, storedLast",
            "new LogWrite(ticket, hardState with { VotedFor = null }, storedLast"),
        new(
            "vote-before-durable",
            "a vote leaves before it is durable",
            "Core",
            "RaftCore.Elections.cs",
            "decision == VoteDecision.Granted) { Clock = ClockToTell }, TermTicket);",
            "decision == VoteDecision.Granted) { Clock = ClockToTell }, PersistTicket.Zero);"),
        new(
            "vote-without-log-check",
            "a candidate's log may be behind the voter's",
            "Core",
            "EntryId.cs",
            "Term > other.Term || (Term == other.Term && Index >= other.Index)",
            "Term >= Term.Zero || other.Index >= Index"),
        new(
            "vote-forgotten-on-stepping-down",
            "stepping down inside a term forgets the vote that was given in it",
            "Core",
            "RaftCore.cs",
            "if (term > CurrentTerm)\n        {\n            // Term and vote",
            "if (term >= CurrentTerm)\n        {\n            // Term and vote"),
        new(
            "gone-without-pre-vote",
            "a follower that is told that its leader is gone stands without asking whether the others have lost it, too",
            "Core",
            "RaftCore.Elections.cs",
            "        if (before == 0)\n        {\n            OnCampaign();\n",
            "        if (before == 0 && MayStand && !IsQuiet)\n        {\n            BecomeCandidate(isTransfer: false);\n"),
        new(
            "candidate-turned-back",
            "whoever stands begins anew when it is told again that the leader is gone",
            "Core",
            "RaftCore.Elections.cs",
            "if (Role != RaftRole.Follower || leader != gone || IsQuiescent)",
            "if (Role == RaftRole.Leader || (leader is { } known && known != gone) || IsQuiescent)"),
        new(
            "end-of-another-life-believed",
            "a leader is taken for gone when any process has ended, such as one that its silo had before",
            "Runtime",
            "Liveness/GoneLeaders.cs",
            "            && silo.Equals(gone)\n",
            ""),
    ];
}
