using static OrleansRaft.Core.Tests.Raft.TestGroup;

namespace OrleansRaft.Core.Tests.Raft;

/// <summary>That a read sees everything acknowledged before it.</summary>
public sealed class ReadRuleTests
{
    /// <summary>etcd-io/etcd#7331: its commit index may be behind what its predecessor answered.</summary>
    [Fact]
    public void Rule_16_A_new_leader_serves_no_read_before_an_entry_of_its_term_is_committed()
    {
        var group = new TestGroup(3);
        group.Preload(1, 1, 1, 1);
        var leader = group.Crown(1);

        leader.Step(new Read(7));
        leader.Acknowledge(2, Entry(1, 2));
        leader.Acknowledge(2, Entry(2, 3));
        leader.Has<ReadReady>(_ => true).ShouldBeFalse("nobody has confirmed a round that began after the read");
        leader.Acknowledge(2, Entry(2, 3), round: 1);

        leader.Last<ReadReady>().ShouldBe(new ReadReady(7, Index(3)));
    }

    /// <summary>etcd-io/etcd#20418.</summary>
    [Fact]
    public void Rule_17_An_old_or_repeated_answer_does_not_confirm_a_later_read()
    {
        var group = new TestGroup(3);
        var leader = group.Elect(1);
        leader.Step(new Read(1));
        var answers = AnswersTo(group, leader);
        answers.ForEach(group.Deliver);
        leader.Last<ReadReady>().ReadId.ShouldBe(1);

        leader.Step(new Read(2));
        group.Network.Clear();
        answers.ForEach(group.Deliver);
        answers.ForEach(group.Deliver);
        leader.Last<ReadReady>().ReadId.ShouldBe(1, "they were given before read 2 was asked");
        group.Tick();

        leader.Last<ReadReady>().ReadId.ShouldBe(2);
    }

    [Fact]
    public void Any_number_of_reads_costs_two_rounds()
    {
        var group = new TestGroup(3);
        var leader = group.Elect(1);
        var before = leader.Effects.OfType<Send>().Count();

        for (var id = 1; id <= 100; id++)
        {
            leader.Step(new Read(id));
        }

        group.Settle();

        leader.Effects.OfType<ReadReady>().Select(read => read.ReadId).ShouldBe(Enumerable.Range(1, 100).Select(id => (long)id));
        (leader.Effects.OfType<Send>().Count() - before).ShouldBe(4, "two rounds to two followers");
    }

    [Fact]
    public void A_leader_cut_off_from_its_majority_answers_no_read()
    {
        var group = new TestGroup(3);
        var leader = group.Elect(1);
        group.Isolate(1);

        leader.Step(new Read(1));
        group.Tick(group.Settings.ElectionTicksMax + 1);

        leader.Has<ReadReady>(_ => true).ShouldBeFalse();
        leader.Last<ReadRejected>().ShouldBe(new ReadRejected(1, RaftRejection.NotLeader, null));
    }

    [Fact]
    public void A_follower_serves_a_read_at_an_index_that_its_leader_confirmed()
    {
        var group = new TestGroup(3);
        group.Elect(1).Propose("a");
        group.Settle();

        group[3].Step(new Read(4));
        group.Settle();

        group[3].Last<ReadReady>().ShouldBe(new ReadReady(4, group[1].Core.CommitIndex));
    }

    [Fact]
    public void A_follower_whose_leader_does_not_answer_refuses_the_read()
    {
        var group = new TestGroup(3);
        group.Elect(1);
        group.Isolate(3);

        group[3].Step(new Read(4));
        group.Tick(group.Settings.ElectionTicksMax + 1);

        group[3].Last<ReadRejected>().ReadId.ShouldBe(4);
    }

    [Fact]
    public void A_lease_serves_reads_without_messages_and_runs_out_on_the_clock()
    {
        var group = new TestGroup(3, settings => settings with { LeaderLease = true });
        group.Tick(group.Settings.ElectionTicksMax);
        var leader = group.Elect(1);
        group.Tick();

        leader.Step(new Read(1, AllowLease: true));
        leader.Last<ReadReady>().ReadId.ShouldBe(1);
        group.Network.ShouldBeEmpty();

        // The process was paused: no tick passed, but the clock went on.
        group.Now += group.Settings.ElectionTicksMin * group.Settings.TickMilliseconds;
        leader.Step(new Read(2, AllowLease: true));

        leader.Last<ReadReady>().ReadId.ShouldBe(1);
        group.Settle();
        leader.Last<ReadReady>().ReadId.ShouldBe(2);
    }

    /// <summary>tikv/tikv#1593.</summary>
    [Fact]
    public void Rule_18_A_lease_ends_when_leadership_is_transferred_even_if_the_transfer_fails()
    {
        var group = new TestGroup(3, settings => settings with { LeaderLease = true });
        group.Tick(group.Settings.ElectionTicksMax);
        var leader = group.Elect(1);
        group.Tick();

        leader.Step(new TransferLeadership(Replica(2)));
        leader.Step(new Read(1, AllowLease: true));
        leader.Has<ReadReady>(_ => true).ShouldBeFalse();
        group.Network.Clear();
        group.Tick(group.Settings.ElectionTicksMax + 2);
        leader.Core.Role.ShouldBe(RaftRole.Leader, "the message that ends its term was lost, or is still on its way");
        leader.Step(new Read(2, AllowLease: true));

        leader.Has<ReadReady>(read => read.ReadId == 2).ShouldBeFalse("another leader may arise at any moment");
    }

    [Fact]
    public void A_lease_read_is_refused_where_leases_are_off()
    {
        var leader = new TestGroup(3).Elect(1);

        leader.Step(new Read(1, AllowLease: true));

        leader.Last<ReadRejected>().Reason.ShouldBe(RaftRejection.LeaseDisabled);
    }

    /// <summary>Delivers what the leader has sent, and takes the answers before they arrive.</summary>
    private static List<TestGroup.Envelope> AnswersTo(TestGroup group, TestReplica leader)
    {
        group.Take(envelope => envelope.From == leader.Id).ForEach(group.Deliver);
        return group.Take(envelope => envelope.To == leader.Id);
    }
}
