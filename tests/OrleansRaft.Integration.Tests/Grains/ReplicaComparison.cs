using OrleansRaft.Core;
using OrleansRaft.Grains.Admin;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>Compares replicas.</summary>
internal static class ReplicaComparison
{
    /// <summary>Whether all replicas told a digest of one index, and the same one: a digest that was not made proves nothing.</summary>
    public static bool IsOneState(this GroupView group) =>
        group.Replicas.All(static replica => replica.Snapshot is { Digest.Length: > 0 } snapshot && snapshot.DigestIndex > LogIndex.Zero)
        && group.Replicas.Select(static replica => (replica.Snapshot!.Digest, replica.Snapshot.DigestIndex)).Distinct().Count() == 1;
}
