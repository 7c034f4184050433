using OrleansRaft.Core;
using OrleansRaft.Runtime.Lives;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests.Lives;

/// <summary>A process that ends whenever it applies one entry: its next lives find the entry, and the last of them serves without it.</summary>
public sealed class CarefulStartTests
{
    private static readonly RaftOptions Often = DriverBench.Options(static raft => (raft.SnapshotThresholdBytes, raft.KeptEntries) = (400, 0));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(3, 16)]
    [InlineData(250, 300)]
    public void The_entry_is_found_in_a_few_lives_and_its_replica_halts_there(int before, int after)
    {
        var process = new Process();
        process.Live(isCareful: false, [.. Lines("a", before), "x", .. Lines("b", after)]);
        process.Live(isCareful: false);
        process.Deaths.ShouldBe(2);

        while (process.Live(isCareful: true) is { IsDead: true })
        {
            process.Deaths.ShouldBeLessThanOrEqualTo(6);
        }

        var bench = process.Bench;
        bench.Halted.ShouldNotBeNull().Cause.ShouldContain("The process ended");
        bench.Machine.Lines.ShouldBe([.. Lines("a", before).Select(static line => $"k={line}")]);
        bench.Log.DurableMark.ShouldNotBeNull().Condemned.ShouldBe(bench.Halted!.Value.Entry!.Value.Index);
        bench.Log.DurableMark!.IsUnderWay.ShouldBeFalse();
        bench.Executor!.Alone.ShouldBeNull();
        process.Careful.ShouldBe(0, "a replica that is halted is not being careful");
    }

    [Fact]
    public void A_halted_replica_is_not_tried_again_by_time_nor_by_later_lives_but_by_another_program()
    {
        var process = new Process();
        process.Live(isCareful: false, "a", "x", "b");
        while (process.Live(isCareful: true) is { IsDead: true })
        {
        }

        var deaths = process.Deaths;
        process.Tick(3_000);
        process.Live(isCareful: false);
        process.Deaths.ShouldBe(deaths);
        process.Bench.Halted.ShouldNotBeNull();

        process.Deadly = null;
        process.Live(isCareful: false);
        process.Bench.Halted.ShouldNotBeNull("it is the same program");
        process.Program++;
        process.Live(isCareful: false);

        process.Bench.Halted.ShouldBeNull();
        process.Bench.Machine.Lines.ShouldBe(["k=a", "k=x", "k=b"]);
        process.Bench.Log.DurableMark.ShouldBeNull();
    }

    [Fact]
    public void Another_program_that_ends_too_is_tried_twice()
    {
        var process = new Process();
        process.Live(isCareful: false, "a", "x", "b");
        while (process.Live(isCareful: true) is { IsDead: true })
        {
        }

        var deaths = process.Deaths;
        process.Program++;
        process.Live(isCareful: false);
        process.Live(isCareful: false);
        process.Bench.Halted.ShouldBeNull();
        process.Live(isCareful: false);

        process.Deaths.ShouldBe(deaths + 2);
        process.Bench.Halted.ShouldNotBeNull();
    }

    /// <summary>What is stored of the commit index is older: another life may have applied all of it.</summary>
    [Fact]
    public void Entries_that_are_not_known_to_be_committed_are_applied_carefully_when_they_are()
    {
        var process = new Process();
        process.Live(isCareful: false, "a", "b", "c");
        process.Bench.Log.Recovered.Entries.ShouldBeEmpty();
        process.Deadly = "c";

        process.Live(isCareful: true, elects: false);
        var whileUnknown = process.Careful;
        process.Elect();

        process.IsDead.ShouldBeTrue();
        whileUnknown.ShouldBe(1);
        process.Bench.Log.DurableMark.ShouldNotBeNull().Last.ShouldBe(new LogIndex(4));
    }

    [Fact]
    public void What_comes_after_the_log_that_was_read_back_is_applied_as_usual()
    {
        var process = new Process();
        process.Live(isCareful: false, "a", "b");

        process.Live(isCareful: true, "c");

        process.IsDead.ShouldBeFalse();
        process.Careful.ShouldBe(0);
        process.Bench.Machine.Lines.ShouldBe(["k=a", "k=b", "k=c"]);
        process.Marked.ShouldBe(["a", "b"]);
        process.Bench.Log.DurableMark.ShouldBeNull();
        process.Bench.Executor!.Alone.ShouldBeNull();
    }

    [Fact]
    public void A_snapshot_that_ends_the_process_leaves_the_replica_its_log_and_its_vote()
    {
        var process = new Process { Options = Often };
        process.Live(isCareful: false, [.. Lines("a", 30)]);
        process.Bench.Log.SnapshotsSaved.ShouldBeGreaterThan(0);
        process.IsRestoreDeadly = true;
        process.Live(isCareful: false);
        process.Live(isCareful: true);
        process.Live(isCareful: true);
        process.Deaths.ShouldBe(3);

        process.Live(isCareful: true);

        process.Deaths.ShouldBe(3);
        process.Bench.Halted.ShouldNotBeNull().Cause.ShouldContain("restored");
        process.Bench.Driver.IsLeader.ShouldBeTrue();
        process.Tick(3_000);
        process.IsRestoreDeadly = false;
        process.Program++;
        process.Live(isCareful: false);
        process.Bench.Halted.ShouldBeNull();
        process.Bench.Machine.Lines.Count.ShouldBe(30);
        process.Bench.Log.DurableMark.ShouldBeNull();
    }

    /// <summary>Somebody kills it at the wrong moment: each thing that was under way alone is tried again, and all is well.</summary>
    [Fact]
    public void A_process_that_is_killed_while_a_mark_is_stored_condemns_nothing()
    {
        var process = new Process();
        process.Live(isCareful: false, "a", "b");

        process.LiveUntil(static mark => mark.Restoring is not null);
        process.LiveUntil(static mark => mark.First < mark.Last);
        process.LiveUntil(static mark => mark is { First.Value: 3, Last.Value: 3, IsAccused: false });
        process.Live(isCareful: true);

        process.Deaths.ShouldBe(0);
        process.Bench.Halted.ShouldBeNull();
        process.Bench.Machine.Lines.ShouldBe(["k=a", "k=b"]);
        process.Marked.ShouldBe(["a", "b"]);
        process.Bench.Log.DurableMark.ShouldBeNull();
    }

    /// <summary>The disk failed while an accused entry was tried, and the process ends of something else before it is tried again.</summary>
    [Fact]
    public void A_replica_that_is_opened_anew_while_it_is_accused_is_not_condemned_by_the_end_of_that_life()
    {
        var process = new Process();
        process.Live(isCareful: false, "a", "b");
        process.LiveUntil(static mark => mark.First < mark.Last);
        process.LiveUntil(static mark => mark is { First.Value: 3, Last.Value: 3 });
        process.LiveUntil(static mark => mark is { First.Value: 3, Last.Value: 3, IsAccused: true });

        process.Begin(isCareful: false, isSameLife: true);
        process.Run();
        process.Live(isCareful: false);

        process.Bench.Halted.ShouldBeNull();
        process.Bench.Machine.Lines.ShouldBe(["k=a", "k=b"]);
    }

    [Fact]
    public void A_condemned_entry_that_the_group_skips_is_passed_over()
    {
        var process = new Process();
        process.Live(isCareful: false, "a", "x", "b");
        while (process.Live(isCareful: true) is { IsDead: true })
        {
        }

        var deaths = process.Deaths;
        var condemned = process.Bench.Halted.ShouldNotBeNull().Entry.ShouldNotBeNull().Index;
        var skipped = new TestSink();
        process.Bench.Driver.Skip(condemned, skipped);
        process.Run();

        skipped.Reply.Kind.ShouldBe(ReplyKind.Committed);
        process.Bench.Halted.ShouldBeNull();
        process.Bench.Machine.Lines.ShouldBe(["k=a", "k=b"]);
        process.Bench.Log.DurableMark.ShouldBeNull("there is nothing left to be careful about");
        process.Live(isCareful: true, "c");
        process.Deaths.ShouldBe(deaths);
        process.Bench.Halted.ShouldBeNull();
        process.Bench.Machine.Lines.ShouldBe(["k=a", "k=b", "k=c"]);
    }

    /// <summary>
    /// The silo is stopped, or the replica moves, in the middle of a careful start: that is no reason to suspect what was under way.
    /// </summary>
    [Fact]
    public void A_replica_that_stops_leaves_no_mark_of_what_it_was_about_to_do()
    {
        var process = new Process();
        process.Live(isCareful: false, [.. Lines("a", 600)]);
        process.LiveUntil(static _ => true);

        process.Bench.Driver.Stop();
        process.Bench.Executor!.Alone.ShouldNotBeNull("no other machine runs before the store has forgotten");
        Finish(process.Bench);

        process.Bench.Log.DurableMark.ShouldBeNull();
        process.Bench.Executor.Alone.ShouldBeNull();
        process.Careful.ShouldBe(0);
    }

    [Fact]
    public void A_disk_that_cannot_forget_keeps_no_other_machine_waiting()
    {
        var process = new Process();
        process.Live(isCareful: false, "a");
        process.LiveUntil(static _ => true);

        process.Bench.Log.RefusesMarks = true;
        process.Bench.Driver.Stop();
        Finish(process.Bench);

        process.Bench.Log.DurableMark.ShouldNotBeNull();
        process.Bench.Executor!.Alone.ShouldBeNull();
    }

    /// <summary>The store knows of the call for as long as it lasts, and other machines wait for it, but not for ever.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_call_that_comes_back_after_its_replica_was_closed_is_forgotten_then(bool isStuck)
    {
        var process = new Process { Deadly = null };
        process.Live(isCareful: false, "a");
        var seen = new List<(bool IsKnown, bool DoOthersWait)>();
        process.OnApply = () =>
        {
            var bench = process.Bench;
            var queue = bench.Executor!.Alone!;
            bench.Driver.Stop();
            if (isStuck)
            {
                queue.ReportStuck(isStuck: true);
            }

            Finish(bench);
            seen.Add((bench.Log.DurableMark is { IsUnderWay: true }, bench.Executor.Alone == queue));
        };

        process.Live(isCareful: true);
        Finish(process.Bench);

        seen.ShouldBe([(true, !isStuck)]);
        process.Bench.Log.DurableMark.ShouldBeNull();
        process.Bench.Executor!.Alone.ShouldBeNull();
    }

    private static void Finish(DriverBench bench)
    {
        while (bench.Log.HasWork)
        {
            bench.Disk();
        }
    }

    private static IEnumerable<string> Lines(string name, int count) => Enumerable.Range(0, count).Select(i => $"{name}{i}");

    /// <summary>A process with one replica, and its lives: what is durable passes from each to the next.</summary>
    private sealed class Process
    {
        private long lives;
        private int submitted;

        public RaftOptions? Options { get; init; }

        public ulong Program { get; set; } = 1;

        /// <summary>The command that ends the process.</summary>
        public string? Deadly { get; set; } = "x";

        public bool IsRestoreDeadly { get; set; }

        /// <summary>What else a command does.</summary>
        public Action? OnApply { get; set; }

        public int Deaths { get; private set; }

        public bool IsDead { get; private set; }

        /// <summary>How many replicas are being careful.</summary>
        public int Careful { get; private set; }

        /// <summary>The commands that were applied under a mark, in this life.</summary>
        public List<string> Marked { get; } = [];

        public DriverBench Bench { get; private set; } = null!;

        public Process Live(bool isCareful, params string[] commands) => Live(isCareful, elects: true, commands);

        public Process Live(bool isCareful, bool elects, params string[] commands)
        {
            Begin(isCareful);
            if (elects)
            {
                Elect();
            }

            for (var first = 0; first < commands.Length && !IsDead; first += 100)
            {
                Bench.Submit([.. commands.Skip(first).Take(100).Select(command => Request($"id{submitted++}", command, 100_000))]);
                Run();
            }

            return this;
        }

        /// <summary>Lives carefully, until something is under way of which the store knows.</summary>
        public void LiveUntil(Func<ApplyMark, bool> condition)
        {
            Begin(isCareful: true);
            Bench.Driver.Post(new Campaign());
            while (Bench.Log.DurableMark is not { IsUnderWay: true } mark || mark.Life != lives || !condition(mark))
            {
                StepOnce().ShouldBeTrue();
            }
        }

        public void Begin(bool isCareful, bool isSameLife = false)
        {
            lives += isSameLife ? 0 : 1;
            IsDead = false;
            Marked.Clear();
            Careful = 0;
            var before = Bench;
            Bench = new DriverBench(
                voters: 1, Options, log: before is null ? null : new ScriptedLog(before.Log), executor: new ScriptedExecutor(), program: Program);
            Bench.Machine.OnCommand = OnCommand;
            Bench.Machine.OnRestore = OnRestore;
            Bench.Start(new StartCare(lives, isCareful, Bench.Time, count => Careful = count));
        }

        public void Elect()
        {
            Bench.Driver.Post(new Campaign());
            Run();
        }

        public void Tick(int count)
        {
            for (var i = 0; i < count; i++)
            {
                Bench.Time.Advance(TimeSpan.FromMilliseconds(50));
                Bench.Driver.Tick();
                Run();
            }
        }

        public void Run()
        {
            while (StepOnce())
            {
            }
        }

        /// <returns>Whether there was anything to do. Of a process that has ended nothing is done any more: what was not durable is lost.</returns>
        public bool StepOnce()
        {
            if (IsDead)
            {
                return false;
            }

            Bench.Turn();
            if (Bench.Executor!.HasWork)
            {
                Bench.Executor.RunAll();
                return !IsDead;
            }

            if (!Bench.Log.HasWork)
            {
                return false;
            }

            Bench.Disk();
            return true;
        }

        private void OnCommand(EntryId entry, string command)
        {
            if (Bench.Log.DurableMark is { IsUnderWay: true } mark && mark.Life == lives)
            {
                Marked.Add(command);
                mark.First.ShouldBeLessThanOrEqualTo(entry.Index);
                mark.Last.ShouldBeGreaterThanOrEqualTo(entry.Index);
                Bench.Executor!.Alone.ShouldNotBeNull();
            }

            OnApply?.Invoke();
            if (command == Deadly)
            {
                Die();
            }
        }

        private void OnRestore()
        {
            if (IsRestoreDeadly)
            {
                Die();
            }
        }

        private void Die()
        {
            Deaths++;
            IsDead = true;
            throw new InvalidOperationException("the process has ended");
        }
    }
}
