using OrleansRaft.Lab;

namespace OrleansRaft.Simulation.Running;

/// <summary>Whether all replicas of all groups have come as far as their leaders.</summary>
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
                if (replica is null || (replica.AppliedIndex != applied && !replica.Driver.IsDiverged))
                {
                    return false;
                }
            }
        }

        return true;
    }

    public static string Describe(LabCluster cluster) =>
        string.Join("; ", cluster.Options.Groups.Select(group => $"{group}: {string.Join(", ", cluster.ReplicasOf(group).Select(Describe))}"));

    private static string Describe(LabReplica replica) =>
        $"{replica.Key.Replica} on node {replica.Node.Index} is {replica.Role} in term {replica.Term} at {replica.AppliedIndex}";
}
