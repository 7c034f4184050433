using OrleansRaft.Testbed.Workloads;

namespace OrleansRaft.Integration.Tests.Workloads;

/// <summary>The judge of the end-to-end tests must see what it is there to see.</summary>
public sealed class HistoryCheckerTests
{
    [Fact]
    public void Finds_nothing_wrong_with_a_sound_history() =>
        Check([Acknowledged(1, 0, 10), Acknowledged(2, 5, 12), Acknowledged(3, 13, 20)], final: 3).ShouldBeEmpty();

    [Fact]
    public void Accepts_an_open_increment_that_was_applied_or_not()
    {
        Check([Acknowledged(1, 0, 10), Open(5, 15)], final: 1).ShouldBeEmpty();
        Check([Acknowledged(1, 0, 10), Open(5, 15)], final: 2).ShouldBeEmpty();
    }

    [Fact]
    public void Finds_an_acknowledged_increment_that_is_not_in_the_counter() =>
        Check([Acknowledged(1, 0, 10), Acknowledged(2, 11, 20)], final: 1).ShouldHaveSingleItem().ShouldContain("lost");

    [Fact]
    public void Finds_an_acknowledged_increment_that_another_overwrote() =>
        Check(
            [Acknowledged(1, 0, 10), Acknowledged(1, 0, 10), Acknowledged(2, 11, 20)],
            final: 2).ShouldContain(line => line.Contains("lost", StringComparison.Ordinal));

    [Fact]
    public void Finds_an_increment_that_was_applied_twice() =>
        Check([Acknowledged(1, 0, 10), Acknowledged(3, 11, 20)], final: 3).ShouldHaveSingleItem().ShouldContain("nobody asked for");

    [Fact]
    public void Finds_an_increment_that_was_ordered_before_one_that_had_already_ended() =>
        Check([Acknowledged(2, 0, 10), Acknowledged(1, 11, 20)], final: 2).ShouldHaveSingleItem().ShouldContain("before");

    [Fact]
    public void Finds_a_read_that_misses_an_increment_which_had_ended() =>
        Check([Acknowledged(1, 0, 10), Acknowledged(2, 11, 20), Read(1, 21, 25)], final: 2).ShouldHaveSingleItem().ShouldContain("read of 1");

    [Fact]
    public void Finds_a_read_that_saw_less_than_a_read_before_it() =>
        Check(
            [Acknowledged(1, 0, 10), Acknowledged(2, 11, 40), Read(2, 12, 15), Read(1, 16, 20)],
            final: 2).ShouldHaveSingleItem().ShouldContain("read of 1");

    [Fact]
    public void Finds_nothing_wrong_with_reads_beside_increments() =>
        Check(
            [Read(0, 0, 1), Acknowledged(1, 0, 10), Read(1, 8, 9), Read(1, 11, 12), Acknowledged(2, 11, 20), Read(2, 13, 14), Read(2, 15, 16)],
            final: 2).ShouldBeEmpty();

    private static Operation Read(long value, long began, long ended) => new(0, began, ended, value, IsRead: true);

    private static IReadOnlyList<string> Check(IReadOnlyCollection<Operation> history, long final) => HistoryChecker.Check("c", history, final);

    private static Operation Acknowledged(long value, long began, long ended) => new(0, began, ended, value);

    private static Operation Open(long began, long ended) => new(0, began, ended, null);
}
