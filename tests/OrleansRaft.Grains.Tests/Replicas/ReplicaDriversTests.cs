using OrleansRaft.Grains.Replicas;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Tests.Replicas;

/// <summary>Replicas that get equally much to do do not take their snapshots at the same moment.</summary>
public sealed class ReplicaDriversTests
{
    [Fact]
    public void The_groups_of_a_silo_take_their_snapshots_at_parts_of_the_threshold_that_are_spread_evenly()
    {
        var parts = Enumerable.Range(0, 64).Select(static group => Part(group, 1)).ToList();

        parts.ShouldAllBe(static part => part > 0.75 && part <= 1);
        for (var eighth = 0; eighth < 8; eighth++)
        {
            var above = 0.75 + (eighth / 32.0);
            parts.Count(part => part > above && part <= above + (1 / 32.0)).ShouldBeInRange(1, 20, $"above {above}");
        }
    }

    [Fact]
    public void The_replicas_of_a_group_take_their_snapshots_at_parts_of_their_own_which_stay()
    {
        foreach (var group in Enumerable.Range(0, 16))
        {
            var parts = Enumerable.Range(1, 3).Select(replica => Part(group, replica)).ToList();

            parts.Distinct().Count().ShouldBeGreaterThan(1);
            Enumerable.Range(1, 3).Select(replica => Part(group, replica)).ShouldBe(parts);
        }
    }

    private static double Part(int group, int replica) => ReplicaDrivers.SnapshotPart(new ReplicaKey($"counters-{group}", new ReplicaId(replica)));
}
