namespace OrleansRaft.Simulation.Mutants;

internal static class RecoveryMutants
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new(
            "lost-members-return",
            "replicas that were lost when their group went on without its majority take part again when they are found",
            "Runtime",
            "Storage/GroupRecovery.cs",
            "public bool IsLost(ReplicaId replica) => replica.Value != Survivor && replica.Value < FirstReplica;",
            "public bool IsLost(ReplicaId replica) => replica.Value != Survivor && replica.Value < 0;"),
        new(
            "recovered-with-majority",
            "a group that has its majority goes on from a replica that lacks what was acknowledged",
            "Runtime",
            "Storage/GroupRecovery.cs",
            "        return members.Voters.Count(isWhole) * 2 > members.Voters.Length",
            "        return members.Voters.Count(isWhole) * 2 > 1_000 * members.Voters.Length"),
        new(
            "recovered-term-is-the-next",
            "a group that goes on without its majority does so in the next term, which those who were lost may have been in",
            "Runtime",
            "Storage/GroupRecovery.cs",
            "    private const long TermLeap = 1_000_000;",
            "    private const long TermLeap = 1;"),
    ];
}
