using OrleansRaft.Core;
using OrleansRaft.Runtime.Levels;
using OrleansRaft.Runtime.StateMachines;
using static OrleansRaft.Runtime.Tests.DriverBench;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>A replica writes and says what the feature level of the cluster allows, from the turn on in which its silo has heard of it.</summary>
public sealed class DriverLevelTests
{
    [Fact]
    public void A_replica_uses_a_level_from_the_turn_on_in_which_its_silo_has_heard_of_it()
    {
        var level = new ClusterLevel(FeatureLevels.Newest, FeatureLevels.Oldest);
        using var bench = new DriverBench(voters: 1, options: Options(static raft => raft.StateBytesMax = 1_000), level: level).Lead();
        Submit(bench, Request("a", "x", 100_000));

        bench.Log.Entries.ShouldAllBe(static entry => entry.Utc == UtcTime.None);
        bench.Log.Entries[^1].Body.Span[0].ShouldBe((byte)1, "an envelope of the first form");
        bench.Host.Limits.StateBytesMax.ShouldBe(long.MaxValue, "a limit that not every program knows is not replicated");
        level.Learn(FeatureLevels.Newest);
        Tick(bench);
        Submit(bench, Request("b", "y", 100_000));

        bench.Log.Entries[^1].Utc.ShouldBe(UtcTimes.Of(bench.Time.GetUtcNow()));
        bench.Log.Entries[^1].Body.Span[0].ShouldBe((byte)3, "an envelope with the identity of its request");
        bench.Host.Limits.StateBytesMax.ShouldBe(1_000);
    }

    /// <summary>
    /// A program of the former level could not read it: here the setting stands in for one, and loses it as an unreadable frame is lost.
    /// </summary>
    [Fact]
    public void What_is_of_a_later_level_than_the_program_knows_is_not_read()
    {
        using var bench = new DriverBench(level: new ClusterLevel(FeatureLevels.Oldest, FeatureLevels.Oldest)).Start().Turn();
        var stamped = new EntryBlock(
            EntryId.Zero, [new Entry(new EntryId(new Term(1), new LogIndex(1)), EntryKind.NoOp, default, default) { Utc = new UtcTime(5) }]);

        bench.Tell(Two, new AppendEntries(new Term(1), LogIndex.Zero, stamped, LogIndex.Zero, ReadSequence.Zero)).Settle();
        bench.Driver.Raft!.LastEntry.ShouldBe(EntryId.Zero);
        bench.Tell(Two, bench.FromTwo(new Term(1), EntryId.Zero, (EntryKind.NoOp, default))).Settle();

        bench.Driver.Raft.LastEntry.Index.ShouldBe(new LogIndex(1));
    }

    /// <summary>Silos hear of the level one after the other: a retry through one that has not must not be taken for another request.</summary>
    [Fact]
    public void A_repetition_without_the_identity_of_its_request_is_recognized_by_its_leader()
    {
        using var bench = new DriverBench(voters: 1, level: new ClusterLevel(FeatureLevels.Newest, FeatureLevels.Oldest)).Lead();
        var identity = CommandIdentity.Of("x");
        var first = Submit(
            bench, CommandEnvelopeCodec.Encode(CommandEnvelope.ForRequest("k", Bytes("x"), new LogTime(100_000), "a") with { Identity = identity }));

        var again = Submit(bench, Request("a", "x", 100_000));
        var other = Submit(bench, Request("a", "y", 100_000));

        again.Entry.ShouldBe(first.Entry);
        Text(again).ShouldBe(Text(first));
        other.Reason.ShouldBe(RejectionReason.RequestIdReused);
        bench.Machine.Lines.Count.ShouldBe(1);
    }

    /// <summary>A stamp shows that the level is in force: a silo need not wait to be told.</summary>
    [Fact]
    public void A_silo_learns_the_level_from_an_entry_with_a_stamp()
    {
        var level = new ClusterLevel(FeatureLevels.Newest, FeatureLevels.Oldest);
        using var bench = new DriverBench(level: level).Start().Turn();
        var stamped = new EntryBlock(
            EntryId.Zero, [new Entry(new EntryId(new Term(1), new LogIndex(1)), EntryKind.NoOp, default, default) { Utc = new UtcTime(5) }]);

        bench.Tell(Two, new AppendEntries(new Term(1), LogIndex.Zero, stamped, LogIndex.Zero, ReadSequence.Zero)).Settle();
        Tick(bench);

        level.InForce.ShouldBe(FeatureLevels.Stamps);
    }

    [Fact]
    public void A_machine_is_told_what_time_it_was_and_a_query_that_of_the_last_entry()
    {
        var told = new List<DateTimeOffset?>();
        using var bench = new DriverBench(
            voters: 1, machine: new StateMachineHost<string, string>(new TimedMachine(told), new TextCodec(), new TextCodec())).Lead();
        Tick(bench);
        Submit(bench, Request("a", "x", 100_000));
        var stamp = bench.Time.GetUtcNow();
        bench.Time.Advance(TimeSpan.FromSeconds(7));

        bench.Query(ReadConsistency.Stale);
        bench.Settle();

        told.ShouldBe([stamp, stamp]);
    }

    [Fact]
    public void Whose_clock_is_off_is_told_to_the_host_of_the_leader()
    {
        using var bench = new DriverBench().Lead();
        foreach (var (member, clock) in new[] { (Two, bench.Time.GetUtcNow()), (Three, bench.Time.GetUtcNow().AddYears(10)) })
        {
            bench.Tell(member, new AppendEntriesResponse(
                bench.Driver.Raft!.CurrentTerm,
                LogIndex.Zero,
                true,
                bench.Driver.Raft.LastEntry,
                LogIndex.Zero,
                ReadSequence.Zero) { Clock = UtcTimes.Of(clock) });
        }

        Tick(bench);

        bench.ClocksOff.ShouldBe([Three]);
    }

    private static Reply Submit(DriverBench bench, ReadOnlyMemory<byte> envelope)
    {
        var sink = bench.Submit(envelope);
        bench.Settle();
        return sink.Reply;
    }

    private static void Tick(DriverBench bench)
    {
        bench.Time.Advance(TimeSpan.FromMilliseconds(50));
        bench.Driver.Tick();
        bench.Settle();
    }

    private sealed class TimedMachine(List<DateTimeOffset?> told) : IStateMachine<string, string>
    {
        public void Apply(ReadOnlySpan<Command<string>> commands, Span<string> results)
        {
            for (var place = 0; place < commands.Length; place++)
            {
                told.Add(commands[place].Utc);
                results[place] = "";
            }
        }

        public string Query(in Command<string> query)
        {
            told.Add(query.Utc);
            return "";
        }

        public void Capture(System.Buffers.IBufferWriter<byte> output)
        {
        }

        public void Restore(ReadOnlyMemory<byte> snapshot)
        {
        }
    }
}
