using OrleansRaft.Core.Codec;
using static OrleansRaft.Core.Tests.Raft.TestGroup;

namespace OrleansRaft.Core.Tests.Raft;

/// <summary>Changes of membership.</summary>
public sealed class MembershipRuleTests
{
    /// <summary>Ongaro, raft-dev 2015: two leaders, each with a change of its own, could form majorities that do not meet.</summary>
    [Theory]
    [InlineData(nameof(MemberChangeKind.AddVoter), 5)]
    [InlineData(nameof(MemberChangeKind.Remove), 4)]
    public void Rule_02_A_new_leader_refuses_changes_until_an_entry_of_its_term_is_committed(string kind, int replica)
    {
        var group = new TestGroup(4);
        var leader = group.Crown(1);

        leader.Step(new ProposeConfiguration(1, [new MemberChange(Enum.Parse<MemberChangeKind>(kind), Replica(replica))], null));
        leader.Last<ProposalRejected>().Reason.ShouldBe(RaftRejection.NotReady);
        leader.Acknowledge(2, Entry(1, 1));
        leader.Acknowledge(3, Entry(1, 1));
        leader.Step(new ProposeConfiguration(2, [new MemberChange(Enum.Parse<MemberChangeKind>(kind), Replica(replica))], null));

        leader.Last<ProposalAppended>().ProposalId.ShouldBe(2);
    }

    [Theory]
    [InlineData(nameof(MemberChangeKind.AddVoter), 5, nameof(MemberChangeKind.Remove), 4)]
    [InlineData(nameof(MemberChangeKind.AddVoter), 5, nameof(MemberChangeKind.AddVoter), 6)]
    [InlineData(nameof(MemberChangeKind.Remove), 4, nameof(MemberChangeKind.Remove), 3)]
    public void Rule_02_A_second_change_waits_for_the_first_to_commit(string first, int who, string second, int whom)
    {
        var group = new TestGroup(4);
        var leader = group.Elect(1);
        group.Isolate(1);
        leader.Step(new ProposeConfiguration(1, [new MemberChange(Enum.Parse<MemberChangeKind>(first), Replica(who))], null));

        leader.Step(new ProposeConfiguration(2, [new MemberChange(Enum.Parse<MemberChangeKind>(second), Replica(whom))], null));

        leader.Last<ProposalRejected>().ShouldBe(new ProposalRejected(2, RaftRejection.NotReady, Replica(1)));
    }

    /// <summary>etcd-io/etcd#11284: servers that decide by the configuration they have applied would elect a second leader.</summary>
    [Fact]
    public void A_leader_that_stays_in_office_after_its_removal_begins_nothing_more()
    {
        var group = new TestGroup(3, settings => settings with { StepDownOnRemoval = false });
        var leader = group.Elect(1);
        leader.Step(new ProposeConfiguration(1, [new MemberChange(MemberChangeKind.Remove, Replica(1))], null));
        group.Settle();
        leader.Core.Role.ShouldBe(RaftRole.Leader);
        leader.Core.CommitIndex.ShouldBe(leader.Core.LastEntry.Index);
        var last = leader.Core.LastEntry;

        leader.Step(new ProposeConfiguration(2, [new MemberChange(MemberChangeKind.AddLearner, Replica(4))], null));

        leader.Last<ProposalRejected>().ShouldBe(new ProposalRejected(2, RaftRejection.NotLeader, leader.Core.Leader));
        leader.Core.LastEntry.ShouldBe(last);
    }

    [Fact]
    public void Rule_03_A_configuration_is_in_force_from_its_append()
    {
        var group = new TestGroup(4);
        var leader = group.Elect(1);
        group.Isolate(2);
        group.Isolate(3);
        leader.Step(new ProposeConfiguration(1, [new MemberChange(MemberChangeKind.Remove, Replica(4))], null));

        leader.Core.Configuration.Voters.ShouldBe([Replica(1), Replica(2), Replica(3)]);
        leader.Core.CommitIndex.ShouldBeLessThan(
            leader.Core.LastEntry.Index, "one of three voters is no majority, and replica 4's answer no longer counts");
        group.Settle();

        leader.Core.CommitIndex.ShouldBeLessThan(leader.Core.LastEntry.Index);
    }

    [Fact]
    public void Rule_03_A_change_that_is_cut_off_is_no_longer_in_force()
    {
        var group = new TestGroup(3);
        var leader = group.Elect(1);
        group.Isolate(1);
        leader.Step(new ProposeConfiguration(1, [new MemberChange(MemberChangeKind.AddVoter, Replica(4))], null));
        group.Elect(2);

        group.Heal();
        group.Tick(2);

        leader.Core.Configuration.ShouldBe(Configuration.OfVoters(3));
    }

    /// <summary>camunda/camunda#60086.</summary>
    [Fact]
    public void Rule_05_A_joint_configuration_recovered_from_disk_is_left_only_after_both_majorities_have_it()
    {
        var group = new TestGroup(3);
        foreach (var id in new[] { 4, 5, 6 })
        {
            group.Add(id, Configuration.OfVoters(3));
        }

        var joint = MembershipChange.Apply(
            Configuration.OfVoters(3),
            [
                .. new[] { 1, 2, 3 }.Select(id => new MemberChange(MemberChangeKind.Remove, Replica(id))),
                .. new[] { 4, 5, 6 }.Select(id => new MemberChange(MemberChangeKind.AddVoter, Replica(id))),
            ],
            Index(1))!;
        var disk = group[1].Disk;
        disk.HardState = new HardState(new Term(1), null, LogIndex.Zero);
        disk.Log.Add(new Entry(Entry(1, 1), EntryKind.Configuration, LogTime.Zero, ConfigurationCodec.Encode(joint)));
        group[1].Restart();
        var leader = group.Crown(1);

        leader.Acknowledge(2, Entry(2, 2));
        leader.Acknowledge(3, Entry(2, 2));
        leader.Core.CommitIndex.ShouldBe(Index(0), "the new voters have not answered");
        leader.Core.Configuration.IsJoint.ShouldBeTrue();
        leader.Acknowledge(4, Entry(2, 2), session: 1);
        leader.Acknowledge(5, Entry(2, 2), session: 1);

        leader.Core.Configuration.IsJoint.ShouldBeFalse();
        leader.Core.Configuration.Voters.ShouldBe([Replica(4), Replica(5), Replica(6)]);
    }

    /// <summary>etcd-io/raft#349, drmingdrmer/raft-rejoin-bug.</summary>
    [Fact]
    public void Rule_06_A_late_answer_of_a_former_membership_does_not_move_the_match_index()
    {
        var group = new TestGroup(3);
        var leader = group.Elect(1);
        leader.Propose("a");
        var late = leader.Core.LastEntry;
        group.Settle();
        leader.Step(new ProposeConfiguration(1, [new MemberChange(MemberChangeKind.Remove, Replica(3))], null));
        group.Settle();
        group.Isolate(3);
        leader.Step(new ProposeConfiguration(2, [new MemberChange(MemberChangeKind.AddVoter, Replica(3))], null));
        group.Settle();

        leader.Acknowledge(3, late);

        var member = leader.Core.Configuration.Find(Replica(3))!;
        member.Session.ShouldBe(leader.Core.Configuration.Version);
        leader.Core.Status.Progress.Single(peer => peer.Replica == Replica(3)).MatchIndex.ShouldBe(Index(0));
    }

    /// <summary>
    /// Somebody who was removed and has not heard of it would win in the old configuration with the vote of the replica that forgot what it held
    /// there.
    /// </summary>
    [Fact]
    public void Rule_06_A_member_that_came_back_without_its_log_has_no_vote_until_its_log_reaches_the_entry_that_added_it()
    {
        var group = new TestGroup(3);
        var former = group[2].Disk.Recover();
        var core = new RaftCore(Replica(2), group.Settings with { PreVote = false }, former with { JoinedAfter = Index(1) }, 7);

        Hear(core, new RequestVote(new Term(5), Entry(4, 9), true)).ShouldBeEmpty();
        Hear(core, new PreVote(new Term(6), Entry(4, 9))).ShouldBeEmpty();
        core.Step(new Campaign(), default, []);
        core.Role.ShouldBe(RaftRole.Follower);

        var added = Configuration.OfVoters([new Member(Replica(1), Index(0)), new Member(Replica(2), Index(2)), new Member(Replica(3), Index(0))]);
        var block = new EntryBlock(
            EntryId.Zero,
            [
                new Entry(Entry(5, 1), EntryKind.NoOp, LogTime.Zero, default),
                new Entry(Entry(5, 2), EntryKind.Configuration, LogTime.Zero, ConfigurationCodec.Encode(added)),
            ]);
        Hear(core, new AppendEntries(new Term(5), Index(2), block, Index(0), ReadSequence.Zero)).ShouldHaveSingleItem();

        Hear(core, new RequestVote(new Term(6), Entry(5, 2), true)).ShouldHaveSingleItem()
            .ShouldBeOfType<RequestVoteResponse>().Granted
            .ShouldBeTrue();
    }

    [Fact]
    public void Rule_06_A_member_that_came_back_does_not_answer_for_its_former_life()
    {
        var group = new TestGroup(3);
        var core = new RaftCore(Replica(2), group.Settings, group[2].Disk.Recover() with { JoinedAfter = Index(10) }, 7);

        var heard = Hear(core, new AppendEntries(new Term(5), Index(0), EntryBlock.Empty(EntryId.Zero), Index(0), ReadSequence.Zero));

        heard.ShouldBeEmpty();
        core.CurrentTerm.ShouldBe(Term.Zero);
    }

    [Fact]
    public void A_group_of_three_grows_to_five_through_a_joint_configuration_and_shrinks_back()
    {
        var group = new TestGroup(3);
        var leader = group.Elect(1);
        leader.Propose("a");
        group.Settle();
        group.Add(4, Configuration.OfVoters(3));
        group.Add(5, Configuration.OfVoters(3));

        leader.Step(
            new ProposeConfiguration(
                1, [Change(MemberChangeKind.AddVoter, 4), Change(MemberChangeKind.AddVoter, 5)], leader.Core.Configuration.Version));
        leader.Core.Configuration.IsJoint.ShouldBeTrue();
        group.Tick(3);

        leader.Core.Configuration.Voters.Length.ShouldBe(5);
        leader.Core.Configuration.IsJoint.ShouldBeFalse();
        group[5].Applied.ShouldBe(["a"]);

        leader.Step(new ProposeConfiguration(2, [Change(MemberChangeKind.Remove, 1), Change(MemberChangeKind.Remove, 2)], null));
        group.Tick(3);

        leader.Core.Role.ShouldBe(RaftRole.Follower, "it is no longer a voter");
        foreach (var id in new[] { 3, 4, 5 })
        {
            group[id].Core.SetElectionTimeout(4 + id);
        }

        group.Tick(20);
        new[] { 3, 4, 5 }.Count(id => group[id].Core.Role == RaftRole.Leader).ShouldBe(1);
    }

    [Fact]
    public void A_new_member_becomes_a_voter_by_itself_once_it_has_caught_up()
    {
        var group = new TestGroup(3);
        var leader = group.Elect(1);
        leader.Propose("a", "b");
        group.Settle();
        group.Add(4, Configuration.OfVoters(3));
        group.Isolate(4);

        leader.Step(new ProposeConfiguration(1, [Change(MemberChangeKind.AddVoterWhenCaughtUp, 4)], null));
        group.Tick(10);
        leader.Core.Configuration.IsVoter(Replica(4)).ShouldBeFalse("it holds nothing yet, and would only raise the majority");
        group.Heal();
        group.Tick(40);

        leader.Core.Configuration.Voters.ShouldBe([Replica(1), Replica(2), Replica(3), Replica(4)]);
        leader.Core.Configuration.Learners.ShouldBeEmpty();
        group[4].Applied.ShouldBe(["a", "b"]);
    }

    [Fact]
    public void A_removed_replica_hears_of_its_removal_and_then_of_nothing_more()
    {
        var group = new TestGroup(3);
        var leader = group.Elect(1);

        leader.Step(new ProposeConfiguration(1, [Change(MemberChangeKind.Remove, 3)], null));
        group.Settle();
        leader.Propose("not for 3");
        group.Tick(3);

        group[3].Core.CommitIndex.ShouldBe(group[3].Core.Configuration.Version);
        group[3].Core.Configuration.Contains(Replica(3)).ShouldBeFalse();
        group[2].Applied.ShouldBe(["not for 3"]);
        group[3].Applied.ShouldBeEmpty();
    }

    /// <summary>
    /// Thesis §4.2.2: those that stay need the vote of the removed leader, which cannot give it to shorter logs, so it has to lead once more.
    /// </summary>
    [Theory]
    [InlineData(new[] { 1, 2 }, new[] { 2 })]
    [InlineData(new[] { 1, 2 }, new[] { 2, 3 })]
    [InlineData(new[] { 1, 2, 3, 4 }, new[] { 3, 4 })]
    public void A_leader_that_alone_has_the_entry_of_its_removal_stands_again(int[] before, int[] after)
    {
        var initial = Configuration.OfVoters([.. before.Select(id => new Member(Replica(id), LogIndex.Zero))]);
        var group = new TestGroup(initial);
        foreach (var id in after.Except(before))
        {
            group.Add(id, initial);
        }

        var leader = group.Elect(1);
        leader.Step(new ProposeConfiguration(
            1,
            [
                .. after.Except(before).Select(id => Change(MemberChangeKind.AddVoter, id)),
                .. before.Except(after).Select(id => Change(MemberChangeKind.Remove, id)),
            ],
            null));
        while (leader.Core.Configuration.IsVoter(Replica(1)))
        {
            var next = group.Network[0];
            group.Network.RemoveAt(0);
            group.Deliver(next);
        }

        group.Network.Clear();
        foreach (var id in before.Union(after))
        {
            group[id].Crash();
            group[id].Restart();
        }

        group.Tick(200);

        var elected = group[after[0]].Core.Leader.ShouldNotBeNull();
        after.Select(Replica).ShouldContain(elected);
        foreach (var id in after)
        {
            group[id].Core.Configuration.Voters.ShouldBe(after.Select(Replica));
            group[id].Core.Configuration.IsJoint.ShouldBeFalse();
        }

        group[1].Core.Role.ShouldBe(RaftRole.Follower);
    }

    [Fact]
    public void A_replica_that_knows_of_its_removal_does_not_stand()
    {
        var group = new TestGroup(3);
        group.Elect(1).Step(new ProposeConfiguration(1, [Change(MemberChangeKind.Remove, 3)], null));
        group.Settle();
        group.Tick(3);

        group[3].Core.HasVote.ShouldBeFalse();
        group.Isolate(3);
        group.Tick(50);
        group[3].Core.Role.ShouldBe(RaftRole.Follower);
    }

    [Fact]
    public void A_removed_replica_counts_for_nothing_while_it_is_told()
    {
        var group = new TestGroup(3);
        var leader = group.Elect(1);
        group.Isolate(2);

        leader.Step(new ProposeConfiguration(1, [Change(MemberChangeKind.Remove, 3)], null));
        group.Settle();

        group[3].Core.LastEntry.ShouldBe(leader.Core.LastEntry);
        leader.Core.CommitIndex.ShouldBeLessThan(leader.Core.LastEntry.Index);
    }

    [Fact]
    public void A_leader_that_may_outlive_its_removal_leads_on_but_takes_no_proposals()
    {
        var group = new TestGroup(3, settings => settings with { StepDownOnRemoval = false });
        var leader = group.Elect(1);

        leader.Step(new ProposeConfiguration(1, [Change(MemberChangeKind.Remove, 1)], null));
        group.Settle();
        leader.Propose("refused");

        leader.Core.Role.ShouldBe(RaftRole.Leader);
        leader.Last<ProposalRejected>().Reason.ShouldBe(RaftRejection.NotLeader);
    }

    [Fact]
    public void A_change_made_for_another_version_is_refused()
    {
        var leader = new TestGroup(3).Elect(1);

        leader.Step(new ProposeConfiguration(1, [Change(MemberChangeKind.AddVoter, 4)], Index(99)));

        leader.Last<ProposalRejected>().Reason.ShouldBe(RaftRejection.ConfigurationConflict);
    }

    [Fact]
    public void A_change_that_leaves_no_voter_or_names_a_stranger_or_one_replica_twice_is_refused()
    {
        MemberChange[][] senseless =
        [
            [.. Enumerable.Range(1, 3).Select(id => Change(MemberChangeKind.Remove, id))],
            [Change(MemberChangeKind.Remove, 9)],
            [Change(MemberChangeKind.AddVoter, 4), Change(MemberChangeKind.Remove, 4)],
            [],
        ];
        var leader = new TestGroup(3).Elect(1);

        foreach (var changes in senseless)
        {
            leader.Step(new ProposeConfiguration(1, changes, null));

            leader.Last<ProposalRejected>().Reason.ShouldBe(RaftRejection.InvalidChange);
        }
    }

    private static Message[] Hear(RaftCore core, Message message)
    {
        List<Effect> effects = [];
        core.Step(new Receive(Replica(1), message), default, effects);
        return [.. effects.OfType<Send>().Select(static send => send.Message)];
    }

    private static MemberChange Change(MemberChangeKind kind, int replica) => new(kind, Replica(replica));
}
