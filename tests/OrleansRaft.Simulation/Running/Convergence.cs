using OrleansRaft.Lab;

namespace OrleansRaft.Simulation.Running;

/// <summary>Whether all replicas of all groups hold the same.</summary>
internal static class Convergence
{
    /// <summary>Whether every group has one leader, and every sound replica has applied as much as it.</summary>
    public static bool IsReached(LabCluster cluster)
    {
        foreach (var group in cluster.Options.Groups)
        {
            if (cluster.LeaderOf(group) is not { } leader)
            {
                return false;
            }

            var applied = leader.AppliedIndex;
            foreach (var replica in cluster.ExpectedReplicasOf(group))
            {
                if (replica is null || replica.AppliedIndex != applied)
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>Replicas at one index have one state, sessions included.</summary>
    /// <returns>Which have not; null when all have.</returns>
    public static string? FindDivergence(LabCluster cluster)
    {
        foreach (var group in cluster.Options.Groups)
        {
            var states = cluster.ReplicasOf(group).Select(replica => replica.Driver.Inspect())
                .Where(static snapshot => snapshot.Digest is not null).GroupBy(static snapshot => snapshot.DigestIndex);
            if (states.FirstOrDefault(state => state.Select(snapshot => snapshot.Digest).Distinct().Count() > 1) is { } state)
            {
                return $"{group} at {state.Key}: {string.Join(", ", state.Select(one => $"{one.Key.Replica} has {one.Digest}"))}";
            }
        }

        return null;
    }

    public static string Describe(LabCluster cluster) =>
        string.Join("; ", cluster.Options.Groups.Select(group => $"{group}: {string.Join(", ", cluster.ReplicasOf(group).Select(Describe))}"));

    private static string Describe(LabReplica replica) => $"{replica.Key.Replica} on node {replica.Node.Index} is {replica.Role} in term {replica.Term} at {replica.AppliedIndex}";
}
