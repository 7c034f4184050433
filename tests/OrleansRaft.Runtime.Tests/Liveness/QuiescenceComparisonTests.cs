using OrleansRaft.Runtime.Liveness;

namespace OrleansRaft.Runtime.Tests.Liveness;

/// <summary>How two silos compare what is quiescent, step by step under a clock that stands still.</summary>
public sealed class QuiescenceComparisonTests
{
    private readonly LivenessBench bench = new();

    [Fact]
    public void A_silo_that_is_heard_for_the_first_time_is_asked_about_the_groups_that_it_shares()
    {
        var shared = bench.Host("a", 1).Lead(lastIndex: 7);
        bench.Host("b", 1).Lead();
        bench.Locate("a", 2, silo: 2);

        bench.Beat(2);

        var (target, number, claims) = bench.Questions.ShouldHaveSingleItem();
        target.ShouldBe(2);
        claims.ShouldBe([new QuiescenceClaim("a", new ReplicaId(1), new Term(1), new LogIndex(7))]);
        bench.Monitor.OnCompared(2, number, [0]);
        shared.Calls.ShouldBe([false]);
        bench.Silos.Get(2).NeedsComparison.ShouldBeFalse();
    }

    [Theory]
    [InlineData(2, 1, 5, false)]
    [InlineData(2, 1, 6, true)]
    [InlineData(3, 1, 5, true)]
    [InlineData(2, 2, 5, true)]
    public void A_claim_holds_for_the_same_leader_term_and_end_of_the_log(long leader, long term, long lastIndex, bool differs)
    {
        var replica = bench.Host("a", 1).Follow(leader: 2, lastIndex: 5);

        var differing = bench.Monitor.Compare([new QuiescenceClaim("a", new ReplicaId(leader), new Term(term), new LogIndex(lastIndex))]);

        differing.ShouldBe(differs ? [0] : []);
        replica.Calls.ShouldBe(differs ? [false] : []);
    }

    [Fact]
    public void A_claim_of_a_replica_that_may_not_speak_or_of_a_group_that_is_not_here_does_not_hold()
    {
        bench.Host("a", 1).Follow(leader: 2).MaySpeak = false;

        var differing = bench.Monitor.Compare(
            [new QuiescenceClaim("a", new ReplicaId(2), new Term(1), null), new QuiescenceClaim("z", null, new Term(1), new LogIndex(1))]);

        differing.ShouldBe([0, 1]);
    }

    [Fact]
    public void A_comparison_without_an_answer_is_repeated_after_a_pause()
    {
        bench.Host("a", 1).Lead();
        bench.Locate("a", 2, silo: 2);
        bench.Beat(2);
        var late = bench.Questions[0].Number;

        for (var beats = 0; beats < 6; beats++)
        {
            bench.Beat(2);
        }

        bench.Questions.Count.ShouldBe(2);
        bench.Silos.Get(2).NeedsComparison.ShouldBeTrue();
        bench.Monitor.OnCompared(2, late, []);
        bench.Silos.Get(2).NeedsComparison.ShouldBeTrue("the late answer is to what was given up");
        bench.Monitor.OnCompared(2, bench.Questions[1].Number, []);
        bench.Silos.Get(2).NeedsComparison.ShouldBeFalse();
    }

    [Fact]
    public void A_comparison_that_failed_is_repeated_after_a_pause()
    {
        bench.Host("a", 1).Lead();
        bench.Locate("a", 2, silo: 2);
        bench.Beat(2);

        bench.Monitor.OnComparisonFailed(2, bench.Questions[0].Number);
        bench.Beat(2);

        bench.Questions.ShouldHaveSingleItem();
        bench.Beat(2);
        bench.Beat(2);
        bench.Questions.Count.ShouldBe(2);
    }

    [Fact]
    public void Claims_go_in_pages_each_after_the_answer_to_the_one_before()
    {
        for (var group = 0; group < 1_500; group++)
        {
            bench.Host($"group-{group}", 1).Lead();
            bench.Locate($"group-{group}", 2, silo: 2);
        }

        bench.Beat(2);
        bench.Questions.ShouldHaveSingleItem().Claims.Count.ShouldBe(1_024);
        bench.Monitor.OnCompared(2, bench.Questions[0].Number, []);
        bench.Monitor.OnCompared(2, bench.Questions[0].Number, []);

        bench.Questions.Count.ShouldBe(2);
        bench.Silos.Get(2).NeedsComparison.ShouldBeTrue();
        bench.Monitor.OnCompared(2, bench.Questions[1].Number, [475]);
        bench.Silos.Get(2).NeedsComparison.ShouldBeFalse();
        bench.Here[^1].Calls.ShouldBe([false]);
    }

    [Fact]
    public void An_answer_that_makes_no_sense_ends_the_comparison_without_success()
    {
        bench.Host("a", 1).Lead();
        bench.Locate("a", 2, silo: 2);
        bench.Beat(2);

        bench.Monitor.OnCompared(2, bench.Questions[0].Number, [1]);

        bench.Silos.Get(2).NeedsComparison.ShouldBeTrue();
    }
}
