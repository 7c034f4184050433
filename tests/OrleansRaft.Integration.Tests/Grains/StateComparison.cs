using OrleansRaft.Grains.Admin;
using OrleansRaft.Runtime;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>Compares the states of replicas, at one entry of their log.</summary>
internal static class StateComparison
{
    /// <summary>
    /// Compares all replicas of a group: each must have made a digest at the same entry, and all the same one. A digest that was not made proves
    /// nothing.
    /// </summary>
    /// <returns>What is amiss, in a sentence; null when all replicas hold the same.</returns>
    public static async Task<string?> FindDifferenceAsync(this IRaftAdmin admin, string group, int replicas, CancellationToken cancellation)
    {
        var outcome = await admin.CompareAsync(group, cancellation);
        if (outcome is not Committed<GroupComparison> { Value: var comparison })
        {
            return $"{outcome}";
        }

        var isEqual = comparison.IsEqual
            && comparison.Entry.Index.Value > 0
            && comparison.Replicas.Count == replicas
            && comparison.Replicas.All(static replica => replica.Digest is { Hash.Length: 32 })
            && comparison.Replicas.Select(static replica => replica.Digest).Distinct().Count() == 1;
        return isEqual ? null : $"{comparison.Replicas.Count} replicas: {comparison.Detail}";
    }
}
