using OrleansRaft.Core;
using OrleansRaft.Runtime.StateMachines;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>Snapshots of state machines with views: taken in a moment, written while entries are applied, restored as they are read.</summary>
public sealed class DriverViewTests
{
    private static readonly RaftOptions Often = DriverBench.Options(raft => (raft.SnapshotThresholdBytes, raft.KeptEntries) = (200, 0));

    public static TheoryData<bool> OnItsOwnThread => [false, true];

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void Entries_are_applied_and_answered_while_a_view_waits_to_be_written(bool hasThread)
    {
        var machine = new ViewedMachine();
        using var bench = Bench(machine, hasThread).Lead();
        while (machine.Views.Count == 0)
        {
            Apply(bench, machine.Lines.Count, save: false);
        }

        // The view is with the store, which has not begun with it.
        var taken = machine.Lines.Count;
        var view = machine.Views[0];
        (view.Writes, view.Disposals).ShouldBe((0, 0));
        for (var i = 0; i < 3; i++)
        {
            Apply(bench, 100 + i, save: false);
        }

        bench.Settle();

        (view.Writes, view.Disposals).ShouldBe((1, 1));
        machine.Lines.Count.ShouldBe(taken + 3);
        var saved = bench.Driver.Inspect().Status.Snapshot;
        saved.SizeBytes.ShouldBe(bench.Log.State.Length);
        saved.LastIncluded.Index.ShouldBeLessThan(bench.Driver.Inspect().Status.AppliedIndex);
        var again = new ViewedMachine();
        new StateMachineHost<string, string>(again, new TextCodec(), new TextCodec()).Restore(bench.Log.State);
        again.Lines.ShouldBe(machine.Lines.Take(taken));
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_view_that_throws_when_it_is_written_halts_the_replica_and_keeps_its_log(bool hasThread)
    {
        var machine = new ViewedMachine { Failure = (null, new InvalidOperationException("cannot be written")) };
        using var bench = Bench(machine, hasThread).Lead();
        for (var i = 0; bench.Halted is null && i < 100; i++)
        {
            Apply(bench, i);
        }

        var (entry, cause) = bench.Halted.ShouldNotBeNull();
        entry.ShouldBeNull();
        cause.ShouldContain("cannot be written");
        bench.Log.SnapshotsSaved.ShouldBe(0);
        bench.Log.Entries.Count.ShouldBe(machine.Lines.Count + 1, "nothing of the log was forgotten");
        machine.Views.ShouldAllBe(view => view.Disposals == 1);

        machine.Failure = default;
        bench.Time.Advance(TimeSpan.FromSeconds(2));
        bench.Driver.Tick();
        bench.Settle();

        bench.Halted.ShouldBeNull();
        Apply(bench, 1_000);
        bench.Log.SnapshotsSaved.ShouldBe(1);
        bench.StoppedBy.ShouldBeNull();
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_replica_that_ends_leaves_no_view_undisposed(bool hasThread)
    {
        var machine = new ViewedMachine();
        using var bench = Bench(machine, hasThread).Lead();
        for (var i = 0; machine.Views.Count == 0; i++)
        {
            var sink = bench.Submit(Request($"id{i}", "x", 1_000));
            SettleLog(bench);
            if (hasThread)
            {
                // Not back to the replica, which would hand a view over to its store.
                bench.Executor!.RunAll();
            }
        }

        bench.Driver.Stop();
        bench.Settle();

        machine.Views.ShouldAllBe(view => view.Disposals == 1);
    }

    [Fact]
    public void A_large_state_that_is_captured_in_one_piece_is_told()
    {
        var options = DriverBench.Options(raft => (raft.SnapshotThresholdBytes, raft.KeptEntries, raft.LargeCaptureBytes) = (200, 0, 2_000));
        using var bench = new DriverBench(voters: 1, options: options).Lead();
        for (var i = 0; i < 400 && bench.LargeCapture is null; i++)
        {
            Apply(bench, i);
        }

        bench.LargeCapture.ShouldNotBeNull().ShouldBeGreaterThanOrEqualTo(2_000);
        bench.Driver.Inspect().Status.Snapshot.SizeBytes.ShouldBe(bench.LargeCapture!.Value);
    }

    /// <summary>What is read from a store takes its time, which the turns of the silo's other replicas must not.</summary>
    [Fact]
    public void A_machine_that_runs_on_the_turn_is_restored_from_a_large_snapshot_on_another_thread()
    {
        var before = new BoundedViewedMachine();
        using var bench = Bench(before, hasThread: true).Lead();
        for (var i = 0; bench.Log.SnapshotsSaved == 0 || i < 12; i++)
        {
            Apply(bench, i);
        }

        Apply(bench, 1_000);
        var executor = new ScriptedExecutor();
        var machine = new BoundedViewedMachine { OnRestore = () => executor.IsRunning.ShouldBeTrue("not on the turn") };
        var log = new ScriptedLog(bench.Log) { IsStreamed = true };
        using var restarted = new DriverBench(log: log, options: Often, executor: executor, machine: HostOf(machine));
        restarted.Start();
        restarted.Driver.Post(new Campaign());
        SettleLog(restarted);

        var refused = restarted.Query(ReadConsistency.Stale);
        var rejected = restarted.Submit(Request("early", "x", 100_000));
        SettleLog(restarted);
        refused.Reply.Detail.ShouldContain("restoring");
        rejected.Reply.Kind.ShouldBe(ReplyKind.Rejected);
        machine.Lines.ShouldBeEmpty();
        restarted.Driver.IsUnfitToLead.ShouldBeTrue();
        log.IsStreamClosed.ShouldBeFalse();

        restarted.Settle();

        machine.Lines.ShouldBe(before.Lines);
        log.IsStreamClosed.ShouldBeTrue();
        restarted.Driver.IsUnfitToLead.ShouldBeFalse();
        Apply(restarted, 2_000);
        machine.Lines[^1].ShouldBe("k=line-2000");
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void Damage_that_is_found_while_a_state_is_restored_stops_the_replica_whatever_the_machine_makes_of_it(bool isBounded)
    {
        var before = isBounded ? new BoundedViewedMachine() : new ViewedMachine();
        using var bench = Bench(before, hasThread: true).Lead();
        for (var i = 0; bench.Log.SnapshotsSaved == 0 || i < 12; i++)
        {
            Apply(bench, i);
        }

        var log = new ScriptedLog(bench.Log) { IsStreamed = true };
        log.DamageState();
        using var restarted = new DriverBench(
            log: log,
            options: Often,
            executor: new ScriptedExecutor(),
            machine: HostOf(isBounded ? new BoundedViewedMachine() : new ViewedMachine()));
        restarted.Start().Settle();

        restarted.StoppedBy.ShouldBeOfType<OrleansRaft.CorruptDataException>().Message.ShouldContain("checksum");
        log.IsStreamClosed.ShouldBeTrue();
    }

    private static DriverBench Bench(ViewedMachine machine, bool hasThread) => new(
        voters: 1, options: Often, machine: HostOf(machine), executor: hasThread ? new ScriptedExecutor() : null);

    private static StateMachineHost<string, string> HostOf(ViewedMachine machine) => new(machine, new TextCodec(), new TextCodec()) { Program = 1 };

    private static void Apply(DriverBench bench, int number, bool save = true)
    {
        var sink = bench.Submit(Request($"id{number}", $"line-{number}", 100_000));
        if (save)
        {
            bench.Settle();
        }
        else
        {
            for (var round = 0; round < 5 && !sink.IsAnswered; round++)
            {
                SettleLog(bench);
                bench.Executor?.RunAll();
                bench.Turn();
            }
        }

        sink.IsAnswered.ShouldBeTrue();
    }

    /// <summary>Lets the log write, but not save.</summary>
    private static void SettleLog(DriverBench bench)
    {
        bench.Turn();
        bench.Log.DoWrites(bench.Driver.LogEvents);
        bench.Turn();
    }
}
