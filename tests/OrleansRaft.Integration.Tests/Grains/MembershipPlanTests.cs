using System.Collections.Immutable;
using OrleansRaft.Core;
using OrleansRaft.Grains;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>How a group comes to the members that are wanted: pure decisions.</summary>
public sealed class MembershipPlanTests
{
    [Fact]
    public void A_voter_may_leave_as_long_as_those_that_stay_have_a_majority_that_answers()
    {
        Make(Three, "1,2,3", 1, new RemoveMember(new ReplicaId(1))).Plan!.Final.ShouldBe([new MemberChange(MemberChangeKind.Remove, new ReplicaId(1))]);

        var (plan, refusal) = Make(Three, "1,3", 1, new RemoveMember(new ReplicaId(1)), leader: 3);

        plan.ShouldBeNull();
        refusal.ShouldContain("no majority would be left");
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
        var (plan, refusal) = Make(Configuration.OfVoters(1), "1", 1, new RemoveMember(new ReplicaId(1)));

        plan.ShouldBeNull();
        refusal.ShouldContain("last voter");
    }

    [Fact]
    public void Who_takes_a_voters_place_logs_to_the_same_server_and_joins_as_a_learner_first()
    {
        var (plan, _) = Make(Three, "1,2,3", servers: 3, new AddMember { Replaces = new ReplicaId(2) });

        plan!.Joining.ShouldBe([new MemberChange(MemberChangeKind.AddLearner, new ReplicaId(5))]);
        plan.Final.ShouldBe([new MemberChange(MemberChangeKind.AddVoter, new ReplicaId(5)), new MemberChange(MemberChangeKind.Remove, new ReplicaId(2))]);
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

    private static Configuration Three => Configuration.OfVoters(3);

    private static (MembershipPlan? Plan, string Refusal) Make(Configuration configuration, string answering, int servers, MembershipGoal goal, long leader = 1) =>
        MembershipPlan.Make(
            new MembershipView(
                "counters-0",
                configuration,
                new ReplicaId(leader),
                answering.Split(',').Select(number => new ReplicaId(long.Parse(number, System.Globalization.CultureInfo.InvariantCulture))).ToImmutableHashSet(),
                configuration.Members[^1].Id.Value + 1,
                servers),
            goal);
}
