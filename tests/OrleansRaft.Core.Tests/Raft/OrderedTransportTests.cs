using static OrleansRaft.Core.Tests.Raft.TestGroup;

namespace OrleansRaft.Core.Tests.Raft;

/// <summary>What a transport that keeps the order of messages allows.</summary>
public sealed class OrderedTransportTests
{
    [Fact]
    public void A_heartbeats_answer_shows_at_once_that_entries_were_lost()
    {
        var (group, leader) = Elected();
        leader.Propose("a");
        group.Take(envelope => envelope.To == 3);
        group.Settle();

        group.Tick();

        group[3].Applied.ShouldBe(["a"]);
    }

    [Fact]
    public void A_heartbeats_answer_shows_at_once_that_a_probe_was_lost()
    {
        var group = new TestGroup(3, settings => settings with { OrderedTransport = true });
        var leader = group.Crown(1);

        group.Tick();

        leader.Core.CommitIndex.ShouldBe(Index(1));
        group[2].Core.LastEntry.ShouldBe(Entry(1, 1));
    }

    [Fact]
    public void A_commit_is_told_behind_entries_on_their_way()
    {
        var (group, leader) = Elected();
        leader.Propose("a");
        var toThree = group.Take(envelope => envelope.To == 3);
        group.Settle();
        toThree.AddRange(group.Take(envelope => envelope.To == 3));
        toThree.ForEach(group.Deliver);
        group.Take(envelope => envelope.From == 3);

        group[3].Applied.ShouldBe(["a"], "though no answer of it has arrived");
    }

    [Fact]
    public void A_follower_whose_lost_entries_are_compacted_receives_a_snapshot()
    {
        var (group, leader) = Elected();
        leader.Propose("a");
        group.Take(envelope => envelope.To == 3);
        group.Settle();
        group.Take(envelope => envelope.To == 3);
        leader.TakeSnapshot();
        leader.Step(new CompactLog(leader.Core.AppliedIndex));

        group.Tick();

        group[3].Core.LastEntry.ShouldBe(leader.Core.LastEntry);
    }

    private static (TestGroup Group, TestReplica Leader) Elected()
    {
        var group = new TestGroup(3, settings => settings with { OrderedTransport = true, HeartbeatTicks = 1 });
        return (group, group.Elect(1));
    }
}
