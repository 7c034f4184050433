using OrleansRaft.Core;
using static OrleansRaft.Runtime.Tests.DriverBench;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>When snapshots are taken, and what comes back from them.</summary>
public sealed class DriverSnapshotTests
{
    private static readonly RaftOptions Often =
        DriverBench.Options(raft => (raft.SnapshotThresholdBytes, raft.KeptEntries) = (200, 0));

    [Fact]
    public void A_snapshot_is_taken_when_the_log_has_grown_and_the_log_before_it_goes()
    {
        using var bench = new DriverBench(voters: 1, options: Often).Lead();

        Submit(bench, 0, 10);

        bench.Log.SnapshotsSaved.ShouldBe(1);
        bench.Log.Entries.ShouldBeEmpty();
        bench.Driver.Inspect().Status.Snapshot.LastIncluded.Index.ShouldBe(new LogIndex(11));
    }

    /// <summary>By the group's time, which a replica that starts has to make up for.</summary>
    [Fact]
    public void The_age_of_a_snapshot_is_the_time_of_what_was_applied_since()
    {
        using var bench = new DriverBench(voters: 1, options: Often).Lead();
        bench.Driver.Inspect().SnapshotAge.ShouldBeNull();
        bench.Metrics.Replicas.SnapshotAgeMax().ShouldBe(0);
        Submit(bench, 0, 10);
        bench.Driver.Inspect().SnapshotAge.ShouldBe(TimeSpan.Zero);

        bench.Time.Advance(TimeSpan.FromSeconds(3));
        bench.Driver.Inspect().SnapshotAge.ShouldBe(TimeSpan.Zero, "nothing was applied");
        bench.Submit(Request("later", "x", 100_000));
        bench.Settle();

        bench.Driver.Inspect().SnapshotAge.ShouldBe(TimeSpan.FromSeconds(3));
        bench.Driver.SnapshotAge.ShouldBe(TimeSpan.FromSeconds(3));
    }

    /// <summary>A state larger than the threshold must not be written again for every few commands, nor its log take as much memory.</summary>
    [Fact]
    public void A_large_state_waits_until_the_log_has_grown_by_a_quarter_of_it()
    {
        using var bench = new DriverBench(voters: 1, options: Often).Lead();
        Submit(bench, 0, 200);
        var size = (int)bench.Driver.Inspect().Status.Snapshot.SizeBytes;
        var saved = bench.Log.SnapshotsSaved;
        var written = bench.Log.Writes.Sum(write => write.Append?.SizeBytes ?? 0);

        for (var i = 200; bench.Log.SnapshotsSaved == saved; i++)
        {
            Submit(bench, i, 1);
        }

        size.ShouldBeGreaterThan(8 * (int)Often.SnapshotThresholdBytes);
        (bench.Log.Writes.Sum(write => write.Append?.SizeBytes ?? 0) - written).ShouldBeInRange(size / 4, (size / 4) + 200);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(0.75, 3)]
    public void A_replica_takes_its_snapshots_at_its_part_of_the_threshold(double part, int snapshots)
    {
        var seldom = DriverBench.Options(raft => (raft.SnapshotThresholdBytes, raft.KeptEntries) = (100_000, 0));
        using var bench = new DriverBench(voters: 1, options: seldom, snapshotPart: part).Lead();

        for (var i = 0; bench.Log.Writes.Sum(write => write.Append?.SizeBytes ?? 0) < 240_000; i++)
        {
            bench.Submit(Request($"id{i}", new string('x', 1_000), 100_000));
            bench.Settle();
        }

        bench.Log.SnapshotsSaved.ShouldBe(snapshots);
    }

    [Fact]
    public void A_replica_restarts_from_its_snapshot_and_its_log_to_the_same_state()
    {
        using var bench = new DriverBench(voters: 1, options: Often).Lead();
        Submit(bench, 0, 10);
        Submit(bench, 10, 2);
        var before = bench.Driver.Inspect();
        before.Status.LastEntry.Index.ShouldBeGreaterThan(before.Status.Snapshot.LastIncluded.Index);

        using var restarted = new DriverBench(log: new ScriptedLog(bench.Log)).Lead();
        var again = restarted.Submit(Request("id3", "x", 1_000));
        restarted.Settle();

        restarted.Machine.Lines.ShouldBe(bench.Machine.Lines);
        Text(again.Reply).ShouldBe("4:x");
        again.Reply.Entry.Index.ShouldBe(new LogIndex(5));
        restarted.Driver.Inspect().Epoch.ShouldBe(2);
    }

    [Fact]
    public void A_restarted_replica_applies_what_it_knows_to_be_committed_before_it_hears_from_anybody()
    {
        using var bench = new DriverBench(voters: 1).Lead();
        Submit(bench, 0, 2);

        using var restarted = new DriverBench(log: new ScriptedLog(bench.Log)).Start().Turn();

        var core = restarted.Driver.Raft.ShouldNotBeNull();
        core.AppliedIndex.ShouldBeGreaterThan(LogIndex.Zero);
        core.AppliedIndex.ShouldBe(core.CommitIndex);
        restarted.Machine.Lines.ShouldBe(bench.Machine.Lines.Take(restarted.Machine.Lines.Count));
    }

    [Fact]
    public void A_follower_restores_the_snapshot_of_its_leader_and_holds_its_state()
    {
        using var leader = new DriverBench(voters: 1, options: Often).Lead();
        Submit(leader, 0, 10);
        var status = leader.Driver.Inspect();
        using var follower = new DriverBench(options: Often).Start().Turn();
        var state = new ScriptedLog(leader.Log).State;
        var descriptor = status.Status.Snapshot with { Configuration = Configuration.OfVoters(3) };

        follower.Tell(Two, new InstallSnapshot(new Term(1), LogIndex.Zero, descriptor, 0, state[..100], false, ReadSequence.Zero)).Settle();
        follower.Tell(Two, new InstallSnapshot(new Term(1), LogIndex.Zero, descriptor, 100, state[100..], true, ReadSequence.Zero)).Settle();

        follower.Machine.Lines.ShouldBe(leader.Machine.Lines);
        follower.Host.Capture().ToArray().ShouldBe(leader.Host.Capture().ToArray());
        follower.Driver.Raft!.AppliedIndex.ShouldBe(new LogIndex(11));
        follower.Sent.Select(sent => sent.Message).OfType<InstallSnapshotResponse>().Last().IsInstalled.ShouldBeTrue();
    }

    private static void Submit(DriverBench bench, int from, int count)
    {
        var sink = bench.Submit([.. Enumerable.Range(from, count).Select(i => Request($"id{i}", "x", 1_000))]);
        bench.Settle();
        sink.Replies.ShouldAllBe(reply => reply.Kind == ReplyKind.Committed);
    }
}
