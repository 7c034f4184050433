using OrleansRaft.Core.Codec;
using static OrleansRaft.Core.Tests.Raft.TestGroup;

namespace OrleansRaft.Core.Tests.Raft;

/// <summary>The version of the state machine: raised by an entry, when every member's program supports it, and never lowered.</summary>
public sealed class VersionRuleTests
{
    private static readonly MachineVersions Both = new(1, 2);

    [Fact]
    public void A_leader_raises_the_version_when_the_programs_of_all_members_support_a_later_one()
    {
        var group = new TestGroup(3, static settings => settings with { MachineVersions = Both });
        group.Elect(1);

        group.Tick(2);

        foreach (var id in new[] { 1, 2, 3 })
        {
            group[id].Core.MachineVersion.ShouldBe(2);
            group[id].Core.MachineVersionAt(Index(1)).ShouldBe(1);
            group[id].Core.MachineVersionAt(Index(2)).ShouldBe(2);
            group[id].Log.Count(static entry => entry.Kind == EntryKind.Raise).ShouldBe(1);
        }
    }

    [Fact]
    public void A_member_that_the_leader_has_not_heard_counts_as_too_old_and_so_does_a_learner()
    {
        var group = new TestGroup(
            Configuration.OfVoters(3) with { Learners = [Replica(4)], Members = [.. Configuration.OfVoters(4).Members] },
            static settings => settings with { MachineVersions = Both });
        group.Isolate(4);
        var leader = group.Elect(1);

        group.Tick(20);

        leader.Core.MachineVersion.ShouldBe(1);
        leader.Core.MembersWithout(2).ShouldBe([(Replica(4), null)]);
        group.Heal();
        group.Tick(2);
        leader.Core.MachineVersion.ShouldBe(2);
    }

    [Fact]
    public void A_member_whose_program_is_too_old_holds_the_version_where_it_is()
    {
        var group = new TestGroup(3, static settings => settings with { MachineVersions = Both });
        var leader = group.Crown(1);
        Acknowledge(leader, 2, Both);
        Acknowledge(leader, 3, MachineVersions.First);

        leader.Step(Tick.Instance);
        leader.Step(new ProposeRaise(7, 2));

        leader.Core.MachineVersion.ShouldBe(1);
        leader.Core.MembersWithout(2).ShouldBe([(Replica(3), MachineVersions.First)]);
        leader.Last<ProposalRejected>().ShouldBe(new ProposalRejected(7, RaftRejection.InvalidChange, Replica(1)));
        Acknowledge(leader, 3, Both);
        leader.Step(Tick.Instance);
        leader.Core.MachineVersion.ShouldBe(2);
    }

    [Fact]
    public void Where_leaders_do_not_raise_it_by_themselves_somebody_has_to_ask()
    {
        var group = new TestGroup(3, static settings => settings with { MachineVersions = new MachineVersions(1, 3), AutoRaise = false });
        var leader = group.Elect(1);
        group.Tick(20);
        leader.Core.MachineVersion.ShouldBe(1);

        leader.Step(new ProposeRaise(1, 2));
        group.Settle();
        leader.Step(new ProposeRaise(2, null));
        group.Settle();

        leader.Has<ProposalAppended>(static appended => appended is { ProposalId: 1, First.Index.Value: 2 }).ShouldBeTrue();
        leader.Core.MachineVersion.ShouldBe(3);
        leader.Core.MachineVersionAt(Index(2)).ShouldBe(2);
    }

    [Fact]
    public void A_version_is_never_lowered_nor_raised_to_what_the_leader_does_not_support_nor_by_a_follower()
    {
        var group = new TestGroup(3, static settings => settings with { MachineVersions = Both });
        var leader = group.Elect(1);
        group.Tick(2);

        foreach (var version in new[] { 1, 2, 3 })
        {
            leader.Step(new ProposeRaise(version, version));
            leader.Last<ProposalRejected>().ShouldBe(new ProposalRejected(version, RaftRejection.InvalidChange, Replica(1)));
        }

        group[2].Step(new ProposeRaise(9, 2));
        group[2].Last<ProposalRejected>().Reason.ShouldBe(RaftRejection.NotLeader);
        leader.Core.MachineVersion.ShouldBe(2);
    }

    [Fact]
    public void A_raise_that_was_never_committed_is_cut_off_and_forgotten()
    {
        var group = new TestGroup(3, static settings => settings with { MachineVersions = Both, AutoRaise = false });
        var leader = group.Elect(1);
        group.Tick(1);
        group.Isolate(1);
        leader.Step(new ProposeRaise(1, 2));
        leader.Core.MachineVersion.ShouldBe(2);

        group.Elect(2);
        group.Heal();
        group.Tick(20);

        leader.Core.Leader.ShouldBe(Replica(2));
        leader.Core.MachineVersion.ShouldBe(1);
    }

    [Fact]
    public void A_replica_knows_the_first_raise_that_its_program_does_not_support_also_after_a_restart()
    {
        var group = new TestGroup(3);
        var follower = group[2];
        var entries = new[]
        {
            new Entry(Entry(1, 1), EntryKind.NoOp, LogTime.Zero, default),
            new Entry(Entry(1, 2), EntryKind.Raise, LogTime.Zero, RaiseCodec.Encode(2)),
            new Entry(Entry(1, 3), EntryKind.Raise, LogTime.Zero, RaiseCodec.Encode(5)),
        };

        follower.Step(new Receive(
            Replica(1), new AppendEntries(new Term(1), Index(0), new EntryBlock(EntryId.Zero, entries), Index(1), ReadSequence.Zero)));

        follower.Core.FirstRaiseBeyond.ShouldBe(Index(2));
        follower.Core.MachineVersion.ShouldBe(5);
        follower.Restart();
        follower.Core.FirstRaiseBeyond.ShouldBe(Index(2));
        follower.Core.MachineVersionAt(Index(2)).ShouldBe(2);
    }

    [Fact]
    public void A_snapshot_brings_the_version_of_its_own_index()
    {
        var group = new TestGroup(3);
        var follower = group[2];
        var snapshot = new SnapshotDescriptor(Entry(1, 9), LogTime.Zero, Configuration.OfVoters(3), 3) { MachineVersion = 4 };

        follower.Step(new Receive(
            Replica(1), new InstallSnapshot(new Term(1), Index(0), snapshot, 0, "abc"u8.ToArray(), true, ReadSequence.Zero)));

        follower.Core.MachineVersion.ShouldBe(4);
        follower.Core.Snapshot.MachineVersion.ShouldBe(4);
        follower.Restart();
        follower.Core.MachineVersion.ShouldBe(4);
    }

    /// <summary>What a cluster without versions writes is what the former program wrote, byte for byte.</summary>
    [Fact]
    public void What_has_no_version_is_written_as_it_always_was()
    {
        var plain = new SnapshotDescriptor(Entry(1, 9), LogTime.Zero, Configuration.OfVoters(1), 3) { Checksum = 7 };
        var skipping = plain with { Skipped = SkippedEntries.None.With(Index(5)) };

        SnapshotDescriptorCodec.Encode(plain).Length.ShouldBe(SnapshotDescriptorCodec.Encode(skipping).Length - 2);
        foreach (var descriptor in new[] { plain, skipping, plain with { MachineVersion = 2 }, skipping with { MachineVersion = 300 } })
        {
            SnapshotDescriptorCodec.Decode(SnapshotDescriptorCodec.Encode(descriptor)).ShouldBe(descriptor);
        }
    }

    [Theory]
    [InlineData("0101")]
    [InlineData("0100")]
    [InlineData("0202")]
    [InlineData("010203")]
    [InlineData("01")]
    public void Bytes_that_raise_no_version_are_refused(string bytes) =>
        Should.Throw<CorruptDataException>(() => RaiseCodec.Decode(Convert.FromHexString(bytes)));

    private static void Acknowledge(TestReplica leader, int follower, MachineVersions versions) => leader.Step(new Receive(
        Replica(follower),
        new AppendEntriesResponse(leader.Core.CurrentTerm, Index(0), true, leader.Core.LastEntry, LogIndex.Zero, ReadSequence.Zero)
        {
            MachineVersions = versions,
        }));
}
