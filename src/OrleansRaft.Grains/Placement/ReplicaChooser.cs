using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.Placement;

/// <summary>Chooses the silo of a replica: where fewest others of its group live, and among those always the same.</summary>
/// <remarks>
/// Greedy, one replica at a time. Taking the k-th silo of one fixed order for replica k is simpler, but puts replicas together whenever a silo
/// leaves. Silos count by name, which stays when they restart; an address does not.
/// </remarks>
internal static class ReplicaChooser
{
    /// <summary>Chooses.</summary>
    /// <param name="group">The group.</param>
    /// <param name="replica">The replica to be placed.</param>
    /// <param name="candidates">The silos that may host it.</param>
    /// <param name="othersOn">How many other replicas of the group live on a silo.</param>
    /// <returns>Null when there is no candidate.</returns>
    public static SiloPlace? Choose(string group, ReplicaId replica, IReadOnlyList<SiloPlace> candidates, Func<SiloPlace, int> othersOn)
    {
        SiloPlace? best = null;
        var bestOthers = int.MaxValue;
        ulong bestScore = 0;
        foreach (var candidate in candidates)
        {
            var others = othersOn(candidate);
            var score = KeyHash.Hash($"{candidate.Name}\0{group}\0{replica}");
            if (others < bestOthers || (others == bestOthers && score >= bestScore))
            {
                (best, bestOthers, bestScore) = (candidate, others, score);
            }
        }

        return best;
    }

    /// <summary>Chooses the silo that looks after a group, always the same one for the same silos.</summary>
    public static SiloPlace? ChooseKeeper(string group, IReadOnlyList<SiloPlace> candidates) =>
        Choose(group, ReplicaId.Zero, candidates, static _ => 0);
}
