using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Placement;

namespace OrleansRaft.Grains.Tests.Cluster;

public sealed class KeyHashTests
{
    /// <summary>The hash is part of what is stored: another value would look for a key's state in another group.</summary>
    [Theory]
    [InlineData("", 0x2d06800538d394c2)]
    [InlineData("a", 0xe6c632b61e964e1f)]
    [InlineData("alice", 5593767425381308080)]
    [InlineData("tenant/zähler", 17064069575768457196)]
    public void The_hash_of_a_key_never_changes(string key, ulong hash) => KeyHash.Hash(key).ShouldBe(hash);

    [Fact]
    public void Keys_are_spread_over_all_groups()
    {
        var counts = Enumerable.Range(0, 6_400)
            .GroupBy(number => KeyHash.GroupOf($"key-{number}", 64))
            .ToDictionary(group => group.Key, group => group.Count());

        counts.Count.ShouldBe(64);
        counts.Values.ShouldAllBe(count => count > 50 && count < 150);
    }

    [Fact]
    public void A_long_key_has_the_hash_of_its_bytes() =>
        KeyHash.Hash(new string('x', 2_000)).ShouldBe(
            System.IO.Hashing.XxHash3.HashToUInt64(System.Text.Encoding.UTF8.GetBytes(new string('x', 2_000))));

    [Fact]
    public void Greedy_choices_never_put_two_replicas_together_while_there_is_room()
    {
        for (var group = 0; group < 200; group++)
        {
            var places = Enumerable.Range(0, 4)
                .Select(number => new SiloPlace(SiloAddress.New(System.Net.IPAddress.Loopback, 1_000 + number, 1), $"silo-{number}"))
                .ToList();
            var homes = new Dictionary<ReplicaId, SiloPlace>();
            void Place(ReplicaId replica) => homes[replica] = ReplicaChooser.Choose(
                $"g-{group}", replica, places, place => homes.Count(home => home.Key != replica && home.Value == place)).ShouldNotBeNull();

            Place(new ReplicaId(1));
            Place(new ReplicaId(2));
            Place(new ReplicaId(3));
            homes.Values.Distinct().Count().ShouldBe(3);

            var leaving = homes[new ReplicaId(2)];
            places.Remove(leaving);
            Place(new ReplicaId(2));
            homes.Values.Distinct().Count().ShouldBe(3);
        }
    }
}
