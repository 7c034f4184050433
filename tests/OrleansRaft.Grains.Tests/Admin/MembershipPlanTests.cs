using System.Collections.Immutable;
using OrleansRaft.Core;
using OrleansRaft.Grains.Admin;

namespace OrleansRaft.Grains.Tests.Admin;

/// <summary>How a group comes to the members that are wanted: pure decisions.</summary>
public sealed class MembershipPlanTests
{
    [Fact]
    public void A_voter_may_leave_as_long_as_those_that_stay_have_a_majority_that_answers()
    {
        Make(Three, "1,2,3", 1, new RemoveMember(new ReplicaId(1))).Plan!.Final.ShouldBe(
            [new MemberChange(MemberChangeKind.Remove, new ReplicaId(1))]);

        var (plan, rejection) = Make(Three, "1,3", 1, new RemoveMember(new ReplicaId(1)), leader: 3);

        plan.ShouldBeNull();
        rejection.ShouldContain("no majority would be left");
    }

    [Fact]
    public void The_one_that_does_not_answer_may_be_removed_and_goes_first_when_there_are_to_be_fewer()
    {
        Make(Three, "1,3", 1, new RemoveMember(new ReplicaId(2))).Plan!.Leaving.ShouldBe([new ReplicaId(2)]);
        Make(Configuration.OfVoters(5), "1,2,4,5", 1, new ResizeGroup(4)).Plan!.Leaving.ShouldBe([new ReplicaId(3)]);
        Make(Configuration.OfVoters(5), "1,2,3,4,5", 1, new ResizeGroup(3), leader: 5).Plan!.Leaving.ShouldBe([new ReplicaId(4), new ReplicaId(3)]);
    }

    [Fact]
    public void The_last_voter_may_not_leave()
    {
        var (plan, rejection) = Make(Configuration.OfVoters(1), "1", 1, new RemoveMember(new ReplicaId(1)));

        plan.ShouldBeNull();
        rejection.ShouldContain("last voter");
    }

    [Fact]
    public void Who_takes_a_voters_place_logs_to_the_same_server_and_joins_as_a_learner_first()
    {
        var (plan, _) = Make(Three, "1,2,3", servers: 3, new AddMember { Replaces = new ReplicaId(2) });

        plan!.Joining.ShouldBe([new MemberChange(MemberChangeKind.AddLearner, new ReplicaId(5))]);
        plan.Final.ShouldBe(
            [new MemberChange(MemberChangeKind.AddVoter, new ReplicaId(5)), new MemberChange(MemberChangeKind.Remove, new ReplicaId(2))]);
    }

    [Fact]
    public void A_learner_that_is_there_already_goes_on_from_where_it_is()
    {
        var withLearner = Three with { Members = [.. Three.Members, new Member(new ReplicaId(4), new LogIndex(9))], Learners = [new ReplicaId(4)] };

        var (plan, _) = Make(withLearner, "1,2,3,4", 1, new AddMember { Replica = new ReplicaId(4), Replaces = new ReplicaId(1) });

        plan!.Joining.ShouldBeEmpty();
        plan.Final.Count.ShouldBe(2);
        Make(withLearner, "1,2,3,4", 1, new ResizeGroup(5)).Plan!.Joining.ShouldHaveSingleItem().Replica.ShouldBe(new ReplicaId(5));
    }

    /// <summary>Each voter makes every write slower, and whichever way leads to one more is one way.</summary>
    [Fact]
    public void A_group_has_at_most_seven_voters_and_seven_learners_on_every_way()
    {
        var seven = Configuration.OfVoters(7);
        var sixAndOneOnItsWay = Configuration.OfVoters(6) with
        {
            Members = [.. Configuration.OfVoters(6).Members, new Member(new ReplicaId(7), new LogIndex(9), PromotesWhenCaughtUp: true)],
            Learners = [new ReplicaId(7)],
        };

        Make(seven, "1,2,3,4,5,6,7", 1, new AddMember()).Rejection.ShouldContain("at most 7");
        Make(seven, "1,2,3,4,5,6,7", 1, new AddMember { Replica = new ReplicaId(8) }).Rejection.ShouldContain("at most 7");
        Make(seven, "1,2,3,4,5,6,7", 1, new ResizeGroup(8)).Rejection.ShouldContain("1 to 7 voters");
        Make(seven, "1,2,3,4,5,6,7", 1, new ResizeGroup(int.MaxValue)).Rejection.ShouldContain("1 to 7 voters");
        Make(sixAndOneOnItsWay, "1,2,3,4,5,6,7", 1, new AddMember()).Rejection.ShouldContain("at most 7");
        Make(sixAndOneOnItsWay, "1,2,3,4,5,6,7", 1, new AddMember { Replica = new ReplicaId(7) }).Rejection.ShouldBeEmpty();
        Make(seven, "1,2,3,4,5,6,7", 1, new AddMember { AsLearner = true }).Rejection.ShouldBeEmpty();
        Make(seven, "1,2,3,4,5,6,7", 1, new AddMember { Replaces = new ReplicaId(2) }).Rejection.ShouldBeEmpty();
        Make(WithLearners(7), "1,2,3", 1, new AddMember { AsLearner = true }).Rejection.ShouldContain("at most 7");
        Make(WithLearners(6), "1,2,3", 1, new AddMember { AsLearner = true }).Rejection.ShouldBeEmpty();
    }

    /// <summary>A number that leaps to the end of all numbers would leave none for the next replica.</summary>
    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(68)]
    [InlineData(1_000_000)]
    [InlineData(long.MaxValue)]
    public void A_chosen_number_does_not_leap(long number)
    {
        foreach (var goal in new[] { new AddMember(), new AddMember { AsLearner = true }, new AddMember { Replaces = new ReplicaId(1) } })
        {
            Make(Three, "1,2,3", 1, goal with { Replica = new ReplicaId(number) }).Rejection.ShouldContain("from 1 to 67");
            Make(Three, "1,2,3", 1, goal with { Replica = new ReplicaId(67) }).Rejection.ShouldBeEmpty();
        }
    }

    [Fact]
    public void The_catalogue_keeps_its_voters_unless_somebody_insists()
    {
        Make(Three, "1,2,3", 1, new RemoveMember(new ReplicaId(2)), votersMin: 3).Rejection.ShouldContain("fewer than the 3");
        Make(Three, "1,2,3", 1, new ResizeGroup(1), votersMin: 3).Rejection.ShouldContain("fewer than the 3");
        Make(WithLearners(1), "1,2,3,4", 1, new RemoveMember(new ReplicaId(4)), votersMin: 3).Rejection.ShouldBeEmpty();
        Make(Configuration.OfVoters(5), "1,2,3,4,5", 1, new ResizeGroup(3), votersMin: 3).Rejection.ShouldBeEmpty();
        Make(Three, "1,2,3", 1, new RemoveMember(new ReplicaId(2)) { Force = true }, votersMin: 3).Rejection.ShouldBeEmpty();
        Make(Three, "1,2,3", 1, new ResizeGroup(1) { Force = true }, votersMin: 3).Rejection.ShouldBeEmpty();
    }

    private static Configuration WithLearners(int count)
    {
        ImmutableArray<ReplicaId> learners = [.. Enumerable.Range(4, count).Select(static number => new ReplicaId(number))];
        return Three with
        {
            Members = [.. Three.Members, .. learners.Select(static learner => new Member(learner, new LogIndex(9)))],
            Learners = learners,
        };
    }

    private static Configuration Three => Configuration.OfVoters(3);

    private static (MembershipPlan? Plan, string Rejection) Make(
        Configuration configuration, string answering, int servers, MembershipGoal goal, long leader = 1, int votersMin = 1) =>
        MembershipPlan.Make(
            new MembershipView(
                "counters-0",
                configuration,
                new ReplicaId(leader),
                answering.Split(',')
                    .Select(number => new ReplicaId(long.Parse(number, System.Globalization.CultureInfo.InvariantCulture)))
                    .ToImmutableHashSet(),
                configuration.Members[^1].Id.Value + 1,
                servers,
                votersMin),
            goal);
}
