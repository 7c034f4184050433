using static OrleansRaft.Core.Tests.Raft.TestGroup;

namespace OrleansRaft.Core.Tests.Raft;

/// <summary>A leader whose heartbeats tell what is committed, so that nothing else needs to.</summary>
public sealed class TellingCommitTests
{
    private readonly TestGroup group = new(3, settings => settings with { HeartbeatsTellCommit = true });

    [Fact]
    public void A_lone_proposal_is_committed_and_sends_nothing_more()
    {
        var leader = group.Elect(1);
        group.Tick();

        leader.Propose("a");
        var sent = Drain();

        leader.Applied.ShouldBe(["a"]);
        sent.ShouldBe(4, "an append to each follower, and its answer");
        group[2].Applied.ShouldBeEmpty();
    }

    [Fact]
    public void The_next_heartbeat_tells_followers_what_is_committed()
    {
        var leader = group.Elect(1);
        leader.Propose("a");
        group.Settle();

        group.Tick(group.Settings.HeartbeatTicks);

        group[2].Applied.ShouldBe(["a"]);
        group[3].Applied.ShouldBe(["a"]);
    }

    [Fact]
    public void The_next_entries_tell_followers_what_is_committed()
    {
        var leader = group.Elect(1);
        leader.Propose("a");
        group.Settle();

        leader.Propose("b");
        group.Settle();

        leader.Applied.ShouldBe(["a", "b"]);
        group[2].Applied.ShouldBe(["a"]);
    }

    [Fact]
    public void A_read_at_a_follower_does_not_wait_for_a_heartbeat()
    {
        var leader = group.Elect(1);
        leader.Propose("a");
        group.Settle();

        group[3].Step(new Read(4));
        group.Settle();

        group[3].Last<ReadReady>().Index.ShouldBe(leader.Core.CommitIndex);
        group[3].Applied.ShouldBe(["a"]);
    }

    [Fact]
    public void A_member_that_is_removed_hears_of_it()
    {
        var leader = group.Elect(1);
        group.Tick();

        leader.Step(new ProposeConfiguration(1, [new MemberChange(MemberChangeKind.Remove, Replica(3))], null));
        group.Settle();

        group[3].Core.Configuration.Contains(Replica(3)).ShouldBeFalse();
        group[3].Core.CommitIndex.ShouldBe(leader.Core.CommitIndex);
    }

    private int Drain()
    {
        var count = 0;
        for (; group.Network.Count > 0; count++)
        {
            group.Take(envelope => envelope == group.Network[0]).ForEach(group.Deliver);
        }

        return count;
    }
}
