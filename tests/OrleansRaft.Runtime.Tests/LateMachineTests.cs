using OrleansRaft.Core;
using OrleansRaft.Runtime.StateMachines;
using static OrleansRaft.Runtime.Tests.DriverBench;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>
/// A machine whose constructor throws when a replica begins, although it did not when the silo started, costs the replica its state, and neither its
/// log nor its vote.
/// </summary>
public sealed class LateMachineTests
{
    private static readonly RaftOptions Often = DriverBench.Options(raft => (raft.SnapshotThresholdBytes, raft.KeptEntries) = (200, 0));

    public static TheoryData<bool> OnItsOwnThread => [false, true];

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void A_replica_without_a_machine_votes_and_acknowledges_and_is_halted_for_all_to_see(bool hasThread)
    {
        var workshop = new Workshop { IsBroken = true };
        using var bench = Bench(hasThread, workshop, voters: 3).Start().Settle();

        bench.Tell(Two, new RequestVote(new Term(1), EntryId.Zero, IsTransfer: false)).Settle();
        bench.Tell(Two, bench.FromTwo(new Term(1), EntryId.Zero, (EntryKind.NoOp, default), (EntryKind.Command, Request("a", "one", 100_000))))
            .Settle();

        bench.StoppedBy.ShouldBeNull();
        bench.Halted.ShouldNotBeNull().Cause.ShouldContain("The constructor of the state machine threw IOException: no such share");
        bench.Sent.Select(static sent => sent.Message).OfType<RequestVoteResponse>().ShouldHaveSingleItem().Granted.ShouldBeTrue();
        var acknowledged = bench.Sent.Select(static sent => sent.Message).OfType<AppendEntriesResponse>().Last();
        acknowledged.Match.Index.ShouldBe(new LogIndex(2));
        acknowledged.IsHalted.ShouldBeTrue("its leader must not hand over to it");
        bench.Log.Entries.Count.ShouldBe(2);
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public void It_is_made_at_a_later_attempt_and_restored_from_the_snapshot_and_the_log(bool hasThread)
    {
        using var before = new DriverBench(voters: 1, options: Often).Lead();
        Enumerable.Range(0, 12).ToList().ForEach(i => Apply(before, $"line-{i}"));
        before.Log.SnapshotsSaved.ShouldBeGreaterThan(0);
        var workshop = new Workshop { IsBroken = true };
        using var bench = Bench(hasThread, workshop, log: new ScriptedLog(before.Log)).Start();
        bench.Driver.Post(new Campaign());
        bench.Settle();
        var refused = bench.Submit(Request("early", "early", 100_000));
        var stale = bench.Query(ReadConsistency.Stale);
        bench.Settle();
        Tick(bench, 200);
        var attempts = workshop.Attempts;

        workshop.IsBroken = false;
        Tick(bench, 400);

        refused.Reply.Reason.ShouldBe(RejectionReason.MachineHalted);
        refused.Reply.Detail.ShouldContain("no such share");
        stale.Reply.Reason.ShouldBe(RejectionReason.MachineHalted);
        attempts.ShouldBeInRange(3, 6, "less and less often, within ten seconds");
        bench.Halted.ShouldBeNull();
        workshop.Machine.ShouldNotBeNull().Lines.Count.ShouldBe(12);
        workshop.Made.ShouldBe(1, "once it is there it is used");
        Apply(bench, "after").Kind.ShouldBe(ReplyKind.Committed);
        workshop.Machine.Lines[^1].ShouldBe("k=after");
    }

    [Fact]
    public void The_first_machine_of_a_set_has_nothing_to_stand_for_it()
    {
        var workshop = new Workshop { IsBroken = true };

        Should.Throw<IOException>(() => LateMachineHost.MakeNowOrLater(workshop.Make, known: null));
    }

    [Fact]
    public void One_that_is_another_than_those_before_is_refused()
    {
        var workshop = new Workshop { IsBroken = true };
        var late = LateMachineHost.MakeNowOrLater(workshop.Make, Workshop.Traits with { Versions = new MachineVersions(1, 2) });
        workshop.IsBroken = false;

        Should.Throw<MachineException>(() => late.Restore(ReadOnlyMemory<byte>.Empty)).Message.ShouldContain("differ in their state alone");
    }

    /// <summary>Nobody would dispose it.</summary>
    [Fact]
    public async Task One_whose_replica_has_ended_is_not_kept()
    {
        var workshop = new Workshop { IsBroken = true };
        var late = LateMachineHost.MakeNowOrLater(workshop.Make, Workshop.Traits);
        workshop.IsBroken = false;

        await late.DisposeAsync();

        Should.Throw<MachineException>(() => late.Restore(ReadOnlyMemory<byte>.Empty)).Message.ShouldContain("had ended");
    }

    private static DriverBench Bench(bool hasThread, Workshop workshop, int voters = 1, ScriptedLog? log = null) => new(
        voters,
        Often,
        log,
        LateMachineHost.MakeNowOrLater(workshop.Make, Workshop.Traits),
        hasThread ? new ScriptedExecutor() : null);

    private static Reply Apply(DriverBench bench, string command)
    {
        var sink = bench.Submit(Request($"id-{command}", command, 100_000));
        bench.Settle();
        return sink.Reply;
    }

    private static void Tick(DriverBench bench, int count)
    {
        for (var i = 0; i < count; i++)
        {
            bench.Time.Advance(TimeSpan.FromMilliseconds(50));
            bench.Driver.Tick();
            bench.Settle();
        }
    }

    /// <summary>Where machines are made, or cannot be.</summary>
    private sealed class Workshop
    {
        public static MachineTraits Traits { get; } = MachineTraits.Of(Host(new TextMachine()));

        public bool IsBroken { get; set; }

        public int Attempts { get; private set; }

        public int Made { get; private set; }

        public TextMachine? Machine { get; private set; }

        public StateMachineHost<string, string> Make()
        {
            Attempts++;
            if (IsBroken)
            {
                throw new IOException("no such share");
            }

            Made++;
            return Host(Machine = new TextMachine());
        }

        private static StateMachineHost<string, string> Host(TextMachine machine) =>
            new(machine, new TextCodec(), new TextCodec()) { Program = 1 };
    }
}
