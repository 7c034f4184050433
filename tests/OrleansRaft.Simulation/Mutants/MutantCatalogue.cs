namespace OrleansRaft.Simulation.Mutants;

/// <summary>Every bug that can be planted. Each is one that an implementation of Raft has shipped, or might.</summary>
internal static class MutantCatalogue
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        .. ElectionMutants.All,
        .. ReplicationMutants.All,
        .. MembershipMutants.All,
        .. ReadMutants.All,
        .. QuiescenceMutants.All,
        .. RuntimeMutants.All,
        .. MachineMutants.All,
        .. SuccessorMutants.All,
        .. VersionMutants.All,
        .. CareMutants.All,
        .. ComparisonMutants.All,
        .. PulseMutants.All,
        .. StoreMutants.All,
        .. RecoveryMutants.All,
    ];

    public static Mutant? Find(string name) => All.FirstOrDefault(mutant => mutant.Name == name);
}
