using static OrleansRaft.Core.Tests.Raft.TestGroup;

namespace OrleansRaft.Core.Tests.Raft;

/// <summary>That a group which can elect a leader does, and that one which has a leader is left in peace.</summary>
public sealed class ElectionRuleTests
{
    /// <summary>etcd-io/etcd#8501, #8243: neither can win at first, and without answers across terms neither ever would.</summary>
    [Fact]
    public void Rule_24_A_long_log_of_a_low_term_and_a_short_log_of_a_high_term_elect_a_leader()
    {
        var group = new TestGroup(3);
        group.Preload(1, 2, 1, 2, 2, 2);
        group.Preload(2, 9, 1);
        group[3].Crash();

        group.Tick(40);

        group[1].Core.Role.ShouldBe(RaftRole.Leader, "only it has the longer log");
        group[2].Core.Leader.ShouldBe(Replica(1));
    }

    /// <summary>hashicorp/raft#606: it lost its majority for a moment and asks to be leader again.</summary>
    [Fact]
    public void Rule_25_A_follower_grants_the_pre_vote_of_its_own_leader()
    {
        var group = new TestGroup(3);
        group.Elect(1);

        group[2].Step(new Receive(Replica(1), new PreVote(group[2].Core.CurrentTerm.Next, group[1].Core.LastEntry)));

        group[2].Said<PreVoteResponse>().Granted.ShouldBeTrue();
    }

    /// <summary>hashicorp/raft#609: a pre-candidate that cannot win would otherwise keep everybody from standing.</summary>
    [Fact]
    public void Rule_25_Granting_a_pre_vote_neither_restarts_the_timer_nor_counts_as_hearing_from_a_leader()
    {
        var group = new TestGroup(3);
        group[2].Core.SetElectionTimeout(3);
        group[2].Step(Tick.Instance);
        group[2].Step(Tick.Instance);

        group[2].Step(new Receive(Replica(3), new PreVote(new Term(1), EntryId.Zero)));
        group[2].Said<PreVoteResponse>().Granted.ShouldBeTrue();
        group[2].Step(Tick.Instance);

        group[2].Core.Role.ShouldBe(RaftRole.PreCandidate);
    }

    /// <summary>ClickHouse/NuRaft#134.</summary>
    [Fact]
    public void Rule_26_A_pre_vote_is_refused_to_a_log_that_is_behind()
    {
        var group = new TestGroup(3);
        group.Preload(2, 2, 1, 2);

        group[2].Step(new Receive(Replica(3), new PreVote(new Term(3), Entry(1, 5))));

        group[2].Said<PreVoteResponse>().ShouldSatisfyAllConditions(
            response => response.Granted.ShouldBeFalse(),
            response => response.Term.ShouldBe(new Term(2)));
    }

    /// <summary>hashicorp/raft#524.</summary>
    [Fact]
    public void Rule_27_A_removed_server_does_not_disrupt_the_group()
    {
        var group = new TestGroup(3);
        var leader = group.Elect(1);
        group.Isolate(3);
        leader.Step(new ProposeConfiguration(1, [new MemberChange(MemberChangeKind.Remove, Replica(3))], null));
        group.Settle();
        var term = leader.Core.CurrentTerm;

        // It never heard of its removal. It may even come with a newer term, as a server without pre-votes would.
        group.Heal();
        group[3].Core.SetElectionTimeout(1);
        group.Tick(30);
        leader.Step(new Receive(Replica(3), new RequestVote(new Term(term.Value + 5), Entry(9, 9), false)));
        group[2].Step(new Receive(Replica(3), new RequestVote(new Term(term.Value + 5), Entry(9, 9), false)));

        leader.Core.Role.ShouldBe(RaftRole.Leader);
        group[2].Core.CurrentTerm.ShouldBe(term);
    }

    /// <summary>hashicorp/raft#696.</summary>
    [Fact]
    public void Rule_28_An_interrupted_transfer_leaves_nothing_stuck()
    {
        var group = new TestGroup(3);
        var leader = group.Elect(1);
        group.Isolate(2);

        leader.Step(new TransferLeadership(Replica(2)));
        leader.Propose("refused");
        leader.Last<ProposalRejected>().Reason.ShouldBe(RaftRejection.Transferring);
        group.Tick(group.Settings.ElectionTicksMax + 1);
        leader.Propose("accepted");
        group.Settle();

        leader.Applied.ShouldBe(["accepted"]);
        leader.Has<TransferRejected>(_ => true).ShouldBeTrue();
    }

    [Fact]
    public void A_transfer_makes_a_voter_that_lags_leader_without_an_election_timeout()
    {
        var group = new TestGroup(3);
        var leader = group.Elect(1);
        group.Isolate(2);
        leader.Propose("a", "b");
        group.Settle();
        group.Heal();

        leader.Step(new TransferLeadership(Replica(2)));
        group.Settle();
        group.Tick(group.Settings.ElectionTicksMin);
        group.Settle();

        group[2].Core.Role.ShouldBe(RaftRole.Leader);
        group[2].Applied.ShouldBe(["a", "b"]);
    }

    /// <summary>etcd-io/etcd#10998: the voter knows less of the configuration than the candidate.</summary>
    [Fact]
    public void Rule_30_A_learner_that_a_newer_configuration_made_a_voter_votes()
    {
        var configuration = Configuration.OfVoters(2) with
        {
            Members = [.. Enumerable.Range(1, 3).Select(id => new Member(Replica(id), Index(0)))],
            Learners = [Replica(3)],
        };
        var group = new TestGroup(configuration);

        group[3].Step(new Receive(Replica(1), new RequestVote(new Term(1), EntryId.Zero, false)));

        group[3].Said<RequestVoteResponse>().Granted.ShouldBeTrue();
    }

    [Fact]
    public void A_member_of_low_priority_leads_only_when_the_others_had_their_turn()
    {
        var group = new TestGroup(
            Configuration.OfVoters([.. Enumerable.Range(1, 3).Select(id => new Member(Replica(id), LogIndex.Zero, Priority: id == 1 ? -1 : 0))]));
        group.Isolate(2);
        group.Isolate(3);

        group.Tick(group.Settings.ElectionTicksMax);
        group[1].Core.Role.ShouldBe(RaftRole.Follower, "the others would have stood by now");
        group.Tick(group.Settings.ElectionTicksMax);

        group[1].Core.Role.ShouldBe(RaftRole.PreCandidate);
    }

    [Fact]
    public void A_learner_never_stands_for_election()
    {
        var configuration = Configuration.OfVoters(2) with
        {
            Members = [.. Enumerable.Range(1, 3).Select(id => new Member(Replica(id), Index(0)))],
            Learners = [Replica(3)],
        };
        var group = new TestGroup(configuration);
        group[1].Crash();
        group[2].Crash();

        group.Tick(50);

        group[3].Core.Role.ShouldBe(RaftRole.Follower);
    }

    [Fact]
    public void A_leader_that_has_lost_its_majority_steps_down()
    {
        var group = new TestGroup(3);
        var leader = group.Elect(1);
        group.Isolate(1);

        group.Tick(group.Settings.ElectionTicksMax + 1);

        leader.Core.Role.ShouldNotBe(RaftRole.Leader);
    }

    [Fact]
    public void An_isolated_replica_does_not_raise_its_term_and_returns_without_an_election()
    {
        var group = new TestGroup(3);
        var leader = group.Elect(1);
        var term = leader.Core.CurrentTerm;
        group[3].Core.SetElectionTimeout(5);
        group.Isolate(3);
        group.Tick(100);

        group.Heal();
        group.Tick(10);

        leader.Core.Role.ShouldBe(RaftRole.Leader);
        group[3].Core.CurrentTerm.ShouldBe(term);
        group[3].Core.Leader.ShouldBe(Replica(1));
    }

    [Fact]
    public void With_leases_a_restarted_replica_keeps_its_vote_for_an_election_timeout()
    {
        var group = new TestGroup(3, settings => settings with { LeaderLease = true });

        group[2].Step(new Receive(Replica(1), new RequestVote(new Term(1), EntryId.Zero, false)));
        group.Network.ShouldBeEmpty();
        for (var i = 0; i < group.Settings.ElectionTicksMax; i++)
        {
            group[2].Step(Tick.Instance);
        }

        group.Network.Clear();
        group[2].Step(new Receive(Replica(1), new RequestVote(new Term(2), EntryId.Zero, false)));

        group[2].Said<RequestVoteResponse>().Granted.ShouldBeTrue();
    }
}
