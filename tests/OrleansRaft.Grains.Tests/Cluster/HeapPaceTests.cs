using OrleansRaft.Grains.Liveness;

namespace OrleansRaft.Grains.Tests.Cluster;

public sealed class HeapPaceTests
{
    private const long Mebi = 1024 * 1024;

    [Theory]
    [InlineData(1_000, 1_130, 900, true)]
    [InlineData(1_000, 1_120, 900, false)]
    [InlineData(1_000, 1_130, 400, false)]
    [InlineData(100, 133, 70, true)]
    [InlineData(100, 131, 70, false)]
    [InlineData(100, 500, 60, false)]
    [InlineData(0, 200, 100, true)]
    public void A_collection_is_due_when_an_eighth_has_come_on_top_of_what_lived_and_most_of_that_is_large_states(
        int lived, int now, int states, bool isDue) =>
        HeapPace.IsDue(lived * Mebi, now * Mebi, () => states * Mebi).ShouldBe(isDue);

    [Fact]
    public void Where_little_has_come_on_top_nobody_adds_up_states() =>
        HeapPace.IsDue(100 * Mebi, 101 * Mebi, static () => throw new InvalidOperationException("every replica was asked")).ShouldBeFalse();
}
