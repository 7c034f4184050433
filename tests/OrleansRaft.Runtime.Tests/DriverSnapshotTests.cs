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

    /// <summary>A state larger than the threshold must not be written again for every few commands.</summary>
    [Fact]
    public void A_large_state_waits_until_the_log_has_grown_by_its_size()
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

        (bench.Log.Writes.Sum(write => write.Append?.SizeBytes ?? 0) - written).ShouldBeGreaterThanOrEqualTo(size);
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
    public void A_follower_restores_the_snapshot_of_its_leader_and_has_its_digest()
    {
        using var leader = new DriverBench(voters: 1, options: Often).Lead();
        Submit(leader, 0, 10);
        var status = leader.Driver.Inspect();
        using var follower = new DriverBench(options: Often).Start().Turn();
        var state = new ScriptedLog(leader.Log).RecoveredSnapshot;
        var descriptor = status.Status.Snapshot with { Configuration = Configuration.OfVoters(3) };

        follower.Tell(Two, new InstallSnapshot(new Term(1), LogIndex.Zero, descriptor, 0, state[..100], false, ReadSequence.Zero)).Settle();
        follower.Tell(Two, new InstallSnapshot(new Term(1), LogIndex.Zero, descriptor, 100, state[100..], true, ReadSequence.Zero)).Settle();

        follower.Machine.Lines.ShouldBe(leader.Machine.Lines);
        follower.Driver.Inspect().Digest.ShouldBe(status.Digest);
        follower.Driver.Raft!.AppliedIndex.ShouldBe(new LogIndex(11));
        follower.Sent.Select(sent => sent.Message).OfType<InstallSnapshotResponse>().Last().IsInstalled.ShouldBeTrue();
    }

    [Fact]
    public void A_digest_tells_states_apart()
    {
        using var bench = new DriverBench(voters: 1).Lead();
        var first = bench.Driver.Inspect().Digest;
        bench.Driver.Inspect().Digest.ShouldBe(first);

        Submit(bench, 0, 1);

        bench.Driver.Inspect().Digest.ShouldNotBe(first);
        bench.Driver.Inspect().Digest!.ShouldMatch("^[0-9a-f]{64}$");
    }

    /// <summary>
    /// A capture stops everything else that the group does, so nobody who only looks may cause one, and nobody who compares may cause them without
    /// end.
    /// </summary>
    [Fact]
    public async Task A_digest_is_made_only_when_it_is_asked_for_and_not_again_and_again()
    {
        using var bench = new DriverBench(voters: 1).Lead();
        var (machine, takes) = (bench.Machine, TimeSpan.FromMilliseconds(500));
        machine.OnCapture = () => bench.Time.Advance(takes);

        var looked = await LookAsync(withDigest: false);
        looked.Digest.ShouldBeNull();
        looked.DigestIndex.ShouldBe(LogIndex.Zero);
        machine.Captures.ShouldBe(0);

        var first = await LookAsync(withDigest: true);
        first.DigestIndex.ShouldBe(first.Status.AppliedIndex);
        for (var round = 0; round < 20; round++)
        {
            Submit(bench, round, 1);
            (await LookAsync(withDigest: true)).DigestIndex.ShouldBe(first.DigestIndex);
        }

        machine.Captures.ShouldBe(1);
        bench.Time.Advance(takes * 100);
        var later = await LookAsync(withDigest: true);
        later.DigestIndex.ShouldBe(later.Status.AppliedIndex);
        later.Digest.ShouldNotBe(first.Digest);
        machine.Captures.ShouldBe(2);

        Task<ReplicaStatus> LookAsync(bool withDigest)
        {
            var asked = bench.Driver.InspectAsync(withDigest);
            bench.Settle();
            return asked;
        }
    }

    private static void Submit(DriverBench bench, int from, int count)
    {
        var sink = bench.Submit([.. Enumerable.Range(from, count).Select(i => Request($"id{i}", "x", 1_000))]);
        bench.Settle();
        sink.Replies.ShouldAllBe(reply => reply.Kind == ReplyKind.Committed);
    }
}
