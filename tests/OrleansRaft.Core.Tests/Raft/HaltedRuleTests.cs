using static OrleansRaft.Core.Tests.Raft.TestGroup;

namespace OrleansRaft.Core.Tests.Raft;

/// <summary>A replica whose state machine goes no further votes and acknowledges, but leads only where nobody else can.</summary>
public sealed class HaltedRuleTests
{
    [Fact]
    public void A_transfer_to_whoever_fits_passes_over_a_halted_replica_though_its_log_is_longer()
    {
        var group = new TestGroup(3);
        var leader = group.Elect(1);
        group[2].Step(new MachineChanged(true));
        group.Isolate(3);
        leader.Propose("a");
        group.Settle();
        group.Heal();

        leader.Step(new TransferLeadership(null));
        group.Settle();
        group.Tick(group.Settings.ElectionTicksMin);

        group[3].Core.Role.ShouldBe(RaftRole.Leader);
    }

    [Fact]
    public void Where_all_others_are_halted_one_of_them_is_the_successor_and_none_is_a_sound_one()
    {
        var group = new TestGroup(3);
        var leader = group.Elect(1);
        group[2].Step(new MachineChanged(true));
        leader.Propose("a");
        group.Settle();
        leader.Core.HasSoundSuccessor.ShouldBeTrue();
        group[3].Step(new MachineChanged(true));
        leader.Propose("b");
        group.Settle();

        leader.Core.HasSoundSuccessor.ShouldBeFalse();
        leader.Step(new TransferLeadership(null));
        group.Settle();

        leader.Core.Role.ShouldBe(RaftRole.Follower);
    }

    [Fact]
    public void A_replica_that_is_no_longer_halted_may_lead_again()
    {
        var group = new TestGroup(3);
        var leader = group.Elect(1);
        group[2].Step(new MachineChanged(true));
        group[3].Step(new MachineChanged(true));
        leader.Propose("a");
        group.Settle();

        group[3].Step(new MachineChanged(false));
        leader.Propose("b");
        group.Settle();

        leader.Core.HasSoundSuccessor.ShouldBeTrue();
    }

    [Fact]
    public void A_halted_replica_stands_when_the_others_had_their_turn()
    {
        var group = new TestGroup(3);
        group.Elect(1);
        group[3].Step(new MachineChanged(true));
        group[1].Crash();
        group.Isolate(2, 3);
        group[2].Step(new Unquiesce(true));
        group[3].Step(new Unquiesce(true));

        group.Tick(group.Settings.ElectionTicksMax);
        group[2].Core.Role.ShouldNotBe(RaftRole.Follower);
        group[3].Core.Role.ShouldBe(RaftRole.Follower);
        group.Tick(group.Settings.ElectionTicksMax);

        group[3].Core.Role.ShouldNotBe(RaftRole.Follower);
    }

    [Fact]
    public void A_group_that_goes_to_sleep_names_a_successor_that_is_not_halted()
    {
        var group = new TestGroup(3, static settings => settings with { QuiesceTicks = 2 });
        group.Elect(1);
        group[2].Step(new MachineChanged(true));
        group[1].Propose("a");
        group.Settle();

        group.Tick(20);

        group[1].Last<QuiescenceChanged>().Successor.ShouldBe(Replica(3));
    }
}
