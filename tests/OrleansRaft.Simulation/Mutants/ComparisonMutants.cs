namespace OrleansRaft.Simulation.Mutants;

internal static class ComparisonMutants
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new(
            "alarm-off",
            "states that differ are taken for equal",
            "Core",
            "Comparison.cs",
            "        !Differ() ? (IsComplete()",
            "        !Differ() || Entry.Index > LogIndex.Zero ? (IsComplete()"),
        new(
            "digest-of-another-index",
            "a replica makes its digest after it has applied more than others had when they made theirs",
            "Runtime",
            "ReplicaDriver.Machine.cs",
            "var length = (int)(comparison.Index - entries[0].Index) + 1;",
            "var length = entries.Count;"),
        new(
            "alarm-between-unequal-programs",
            "digests of two programs are compared",
            "Core",
            "StateDigest.cs",
            "public bool IsComparableTo(StateDigest other) => Program == other.Program;",
            "public bool IsComparableTo(StateDigest other) => Program == other.Program || true;"),
        new(
            "minority-chosen",
            "a state that no majority holds is taken for the right one",
            "Core",
            "Comparison.cs",
            "var needed = Quorum.Size(members.Count(static member => member.IsVoter));",
            "var needed = 1;"),
        new(
            "repair-replaces-vote",
            "a replica whose state is replaced forgets whom it voted for",
            "Core",
            "RaftCore.Snapshots.cs",
            "        foreach (var write in writesInFlight)\n        {\n            write.Last = LogIndex.Zero;",
            "        if (needsState)\n        {\n            SetTermAndVote(CurrentTerm, null);\n        }\n\n        "
                + "foreach (var write in writesInFlight)\n        {\n            write.Last = LogIndex.Zero;"),
        new(
            "wrong-state-kept",
            "a replica that is wrong goes on with the state that it has",
            "Runtime",
            "ReplicaDriver.Comparing.cs",
            "        if (judged.IsWrong)\n",
            "        if (judged.IsWrong && verdict.Times < 0)\n"),
    ];
}
