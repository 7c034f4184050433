using OrleansRaft.Simulation.Checking;
using OrleansRaft.Simulation.Clients;
using OrleansRaft.Simulation.Machine;

namespace OrleansRaft.Simulation.Tests;

/// <summary>
/// Histories of one register, small enough to decide by hand. None has a place in a log, so the search decides, and not the log's order.
/// </summary>
public sealed class LinearizabilityTests
{
    private long operations;

    [Fact]
    public void One_operation_after_the_other_is_linearizable()
    {
        Verdict([Set(1, 0, 1), Read(1, 2, 3), Add(2, 3, 4, 5), Read(3, 6, 7)]).ShouldBe(Checking.Verdict.Linearizable);
    }

    [Fact]
    public void A_read_that_misses_a_write_before_it_is_not()
    {
        Verdict([Set(1, 0, 1), Read(0, 2, 3)]).ShouldBe(Checking.Verdict.Impossible);
    }

    [Fact]
    public void A_read_beside_a_write_may_see_it_or_not()
    {
        Verdict([Set(1, 0, 5), Read(0, 1, 2), Read(1, 3, 4)]).ShouldBe(Checking.Verdict.Linearizable);
    }

    [Fact]
    public void A_later_read_does_not_go_back()
    {
        Verdict([Set(1, 0, 5), Read(1, 1, 2), Read(0, 3, 4)]).ShouldBe(Checking.Verdict.Impossible);
    }

    [Fact]
    public void A_write_without_an_answer_may_take_effect_much_later()
    {
        Verdict([Lost(RegisterAction.Set, 1, 0), Read(0, 1, 2), Read(0, 3, 4), Read(1, 5, 6)]).ShouldBe(Checking.Verdict.Linearizable);
    }

    [Fact]
    public void A_write_without_an_answer_may_never_take_effect()
    {
        Verdict([Lost(RegisterAction.Set, 1, 0), Read(0, 1, 2), Set(2, 3, 4), Read(2, 5, 6)]).ShouldBe(Checking.Verdict.Linearizable);
    }

    [Fact]
    public void A_write_without_an_answer_takes_effect_once_only()
    {
        Verdict([Lost(RegisterAction.Add, 1, 0), Read(1, 1, 2), Read(2, 3, 4)]).ShouldBe(Checking.Verdict.Impossible);
    }

    [Fact]
    public void A_refused_write_has_no_effect()
    {
        var refused = Lost(RegisterAction.Set, 1, 0);
        refused.Refuse();

        Verdict([refused, Read(1, 1, 2)]).ShouldBe(Checking.Verdict.Impossible);
    }

    [Fact]
    public void Two_compare_and_sets_of_one_value_do_not_both_succeed()
    {
        Verdict([CompareAndSet(0, 1, succeeds: true, 0, 5), CompareAndSet(0, 2, succeeds: true, 1, 6)]).ShouldBe(Checking.Verdict.Impossible);
    }

    [Fact]
    public void A_stale_read_promises_nothing()
    {
        Verdict([Set(1, 0, 1), Read(0, 2, 3, ReadConsistency.Stale)]).ShouldBe(Checking.Verdict.Linearizable);
    }

    [Fact]
    public void The_order_of_the_log_is_not_believed_against_the_order_of_time()
    {
        var late = Set(1, 10, 11, entry: 1);
        var early = Set(2, 0, 1, entry: 2);

        Linearizability.Check([early, late, Read(2, 12, 13)], _ => null).ShouldBe(Checking.Verdict.Impossible);
    }

    private static Verdict Verdict(Operation[] history) => Linearizability.Check(history, _ => null);

    private Operation Set(long value, long from, long to, long entry = 0) =>
        Done(RegisterAction.Set, value, 0, new RegisterResult(true, value), from, to, entry);

    private Operation Add(long value, long sum, long from, long to) => Done(RegisterAction.Add, value, 0, new RegisterResult(true, sum), from, to);

    private Operation Read(long value, long from, long to, ReadConsistency consistency = ReadConsistency.Linearizable) =>
        Done(RegisterAction.Read, 0, 0, new RegisterResult(true, value), from, to, 0, consistency);

    private Operation CompareAndSet(long expected, long value, bool succeeds, long from, long to) =>
        Done(RegisterAction.CompareAndSet, value, expected, new RegisterResult(succeeds, value), from, to);

    private Operation Lost(RegisterAction action, long value, long from) =>
        new(++operations, 0, "group", "key", new RegisterCommand(operations, action, value, 0), ReadConsistency.Linearizable, from);

    private Operation Done(
        RegisterAction action,
        long value,
        long expected,
        RegisterResult result,
        long from,
        long to,
        long entry = 0,
        ReadConsistency consistency = ReadConsistency.Linearizable)
    {
        var operation = new Operation(++operations, 0, "group", "key", new RegisterCommand(operations, action, value, expected), consistency, from);
        operation.Complete(result, new EntryId(new Term(1), new LogIndex(entry)), to);
        return operation;
    }
}
