using System.Buffers;
using CsCheck;
using OrleansRaft.Core;
using OrleansRaft.Runtime.StateMachines;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>A view is everything that a replica held when it was taken, whatever is applied before it is written.</summary>
public sealed class StateViewTests
{
    // What the program before views wrote for a machine like these: the command x of the request a at entry 1, time 7, deadline 100.
    private const string Before = "01010107C0CF24C0843D80DDDB01904E904E010161C7CF24010171C8D21C48352E0C03313A7800036B3D78";

    [Fact]
    public void A_view_holds_the_state_the_sessions_and_the_entry_of_its_moment()
    {
        var bench = new Bench();
        bench.Apply(7, Request("a", "x", 100));
        using var view = bench.Host.TakeView(long.MaxValue);
        bench.Apply(8, Request("b", "y", 100));
        bench.Apply(9, Request("c", "z", 100));

        var restored = new Bench(Written(view));

        restored.Host.AppliedEntry.Index.ShouldBe(new LogIndex(1));
        restored.Host.AppliedTime.ShouldBe(new LogTime(7));
        restored.Machine.Lines.ShouldBe(["k=x"]);
        Text(restored.Apply(8, Request("a", "x", 100))).ShouldBe("1:x", "what was answered is remembered");
        Text(restored.Apply(9, Request("b", "y", 100))).ShouldBe("2:y", "what came later is not");
    }

    [Fact]
    public void A_state_that_is_restored_from_its_view_is_the_same_and_knows_what_was_skipped()
    {
        var bench = new Bench();
        bench.Apply(7, Request("a", "x", 100));
        bench.Host.Skip(bench.Entry(8, Request("b", "y", 100)));
        using var view = bench.Host.TakeView(long.MaxValue);

        var restored = new Bench(Written(view));

        restored.Host.Capture().ToArray().ShouldBe(bench.Host.Capture().ToArray());
        restored.Apply(9, Request("b", "y", 100)).Reason.ShouldBe(RejectionReason.Skipped);
    }

    [Fact]
    public void A_machine_that_gets_views_reads_what_it_wrote_before_and_the_other_way_round()
    {
        var (old, viewed) = (new HostBench(), new Bench());
        old.Apply(7, Request("a", "x", 100));
        viewed.Apply(7, Request("a", "x", 100));
        viewed.Host.Capture().ToArray().ShouldBe(old.Host.Capture().ToArray(), "replicas of either program are compared");

        var turned = new Bench(Convert.FromHexString(Before));
        turned.Machine.Lines.ShouldBe(["k=x"]);
        turned.Host.AppliedEntry.Index.ShouldBe(new LogIndex(1));
        using var view = viewed.Host.TakeView(long.MaxValue);
        var back = new HostBench();
        back.Host.Restore(Written(view));
        back.Machine.Lines.ShouldBe(["k=x"]);
    }

    [Fact]
    public void Nothing_to_read_is_the_initial_state()
    {
        var bench = new Bench();
        bench.Apply(7, Request("a", "x", 100));

        bench.Host.Restore(Stream.Null);

        bench.Host.AppliedEntry.ShouldBe(EntryId.Zero);
        bench.Machine.Lines.ShouldBeEmpty();
    }

    [Fact]
    public void A_view_that_cannot_be_taken_is_the_machines_failure()
    {
        var bench = new Bench();
        bench.Machine.Failure = (new FormatException("ten digits"), null);

        var failure = Should.Throw<MachineException>(() => bench.Host.TakeView(long.MaxValue));

        failure.Message.ShouldContain("TakeView");
        failure.Message.ShouldContain("ten digits");
    }

    [Fact]
    public void What_is_captured_in_one_piece_has_a_limit_that_says_what_to_do()
    {
        var bench = new HostBench();
        bench.Apply(7, Request("a", new string('x', 5_000), 100));

        var failure = Should.Throw<MachineException>(() => bench.Host.TakeView(5_000));

        failure.Message.ShouldContain("5000");
        failure.Message.ShouldContain("Raft:CaptureBytesMax");
        failure.Message.ShouldContain(nameof(IViewStateMachine<,>));
        bench.Host.TakeView(20_000).Dispose();
    }

    [Fact]
    public void A_damaged_view_is_refused_or_read_but_never_anything_else()
    {
        var bench = new Bench();
        bench.Apply(2, Request("a", "x", 100));
        bench.Host.Skip(bench.Entry(3, Request("b", "y", 100)));
        bench.Apply(4, Request("c", "z", 100));
        using var view = bench.Host.TakeView(long.MaxValue);
        var state = Written(view);

        Gen.Select(Gen.Int[0, state.Length - 1], Gen.Byte, Gen.Int[0, state.Length]).Sample((place, value, length) =>
        {
            var damaged = state[..length];
            if (place < length)
            {
                damaged[place] = value;
            }

            try
            {
                _ = new Bench(damaged);
            }
            catch (CorruptDataException)
            {
            }
            catch (MachineException refusal) when (refusal.InnerException is null)
            {
                // The damage made the machine's version one that this program does not support: refused too, and the machine never asked.
            }
        });
    }

    /// <summary>A length that is a lie must not make anybody allocate it.</summary>
    [Fact]
    public void A_part_that_says_it_is_huge_is_damage()
    {
        byte[] state = [4, 0xFF, 0xFF, 0xFF, 0x7F, 1, 2, 3];
        var before = GC.GetAllocatedBytesForCurrentThread();

        Should.Throw<CorruptDataException>(() => new Bench(state));

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(4_000_000);
    }

    private static byte[] Written(IStateView view)
    {
        var output = new ArrayBufferWriter<byte>();
        view.Write(output);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>A host of a machine with views, and a log in front of it.</summary>
    private sealed class Bench
    {
        private LogIndex last;

        public Bench()
        {
            Host = new StateMachineHost<string, string>(Machine, new TextCodec(), new TextCodec());
        }

        /// <summary>Reads a snapshot in small pieces.</summary>
        public Bench(byte[] state)
            : this()
        {
            using var stream = new DribblingStream(state);
            Host.Restore(stream);
            last = Host.AppliedEntry.Index;
        }

        public ViewedMachine Machine { get; } = new();

        public StateMachineHost<string, string> Host { get; }

        public Entry Entry(long time, ReadOnlyMemory<byte> body)
        {
            last = last.Next;
            return new Entry(new EntryId(new Term(1), last), EntryKind.Command, new LogTime(time), body);
        }

        public Reply Apply(long time, ReadOnlyMemory<byte> body)
        {
            var replies = new Reply[1];
            Host.Apply([Entry(time, body)], replies);
            return replies[0];
        }
    }

    private sealed class DribblingStream(byte[] bytes) : MemoryStream(bytes, writable: false)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 3)]);

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 3));
    }
}
