using System.Globalization;
using CsCheck;
using OrleansRaft.Core;
using OrleansRaft.Runtime.Sessions;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>State, sessions and applied entry are one capture, the same on every replica.</summary>
public sealed class StateCaptureTests
{
    /// <summary>
    /// One replica applies one by one, one in batches, one restarts from a snapshot on the way: all give the same answers and the same bytes.
    /// </summary>
    [Fact]
    public void Rule_14_state_sessions_and_applied_index_are_atomic_in_a_snapshot()
    {
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 2_000_000], Gen.Int[0, 5]).Array[1, 60].Select(Gen.Int[0, 60]).Sample((script, restart) =>
        {
            var (single, batched, restarted, captured) = (new HostBench(), new HostBench(), new HostBench(), new HostBench());
            var time = 0L;
            var (answers, restartedAnswers) = (new List<Reply>(), new List<Reply>());
            for (var i = 0; i < script.Length; i++)
            {
                var (what, elapsed, who) = script[i];
                time += what < 7 ? elapsed % 1_000 : elapsed;
                var body = Command(what, who, time);
                answers.Add(single.Apply(time, body));
                batched.Append(time, body);
                if (i == restart)
                {
                    restarted = RestoredFrom(restarted);
                }

                restartedAnswers.Add(restarted.Apply(time, body));
                captured.Apply(time, body);
                captured.Host.Capture();
            }

            var batchedAnswers = batched.Apply();

            batchedAnswers.Select(Describe).ShouldBe(answers.Select(Describe));
            restartedAnswers.Select(Describe).ShouldBe(answers.Select(Describe));
            batched.Host.Capture().ToArray().ShouldBe(single.Host.Capture().ToArray());
            restarted.Host.Capture().ToArray().ShouldBe(single.Host.Capture().ToArray());
            captured.Host.Capture().ToArray().ShouldBe(single.Host.Capture().ToArray());
            restarted.Machine.Lines.ShouldBe(single.Machine.Lines);
        });
    }

    [Fact]
    public void Rule_14_a_restored_replica_knows_what_it_applied()
    {
        var bench = new HostBench();
        bench.Append(5, default, EntryKind.NoOp).Append(7, Request("a", "x", 100)).Apply();

        var restored = RestoredFrom(bench);

        restored.Host.AppliedEntry.ShouldBe(new EntryId(new Term(1), new LogIndex(2)));
        restored.Host.AppliedTime.ShouldBe(new LogTime(7));
        restored.Host.Capture().ToArray().ShouldBe(bench.Host.Capture().ToArray());
        Text(restored.Apply(8, Request("a", "x", 100))).ShouldBe("1:x");
        restored.Machine.Lines.ShouldBe(["k=x"]);
    }

    [Fact]
    public void An_empty_snapshot_is_the_initial_state()
    {
        var bench = new HostBench();
        bench.Apply(7, Request("a", "x", 100));

        bench.Host.Restore(ReadOnlyMemory<byte>.Empty);

        bench.Host.AppliedEntry.ShouldBe(EntryId.Zero);
        bench.Host.Limits.ShouldBe(SessionLimits.Initial);
        bench.Machine.Lines.ShouldBeEmpty();
    }

    [Fact]
    public void A_snapshot_of_another_version_is_refused()
    {
        var bench = new HostBench();
        var state = bench.Host.Capture().ToArray();
        state[0] = 99;

        Should.Throw<CorruptDataException>(() => bench.Host.Restore(state)).Message.ShouldContain("version");
    }

    [Fact]
    public void A_snapshot_of_a_machine_version_beyond_the_program_is_refused_and_leaves_the_state_as_it_was()
    {
        var bench = new HostBench();
        bench.Apply(7, Request("a", "x", 100));
        var before = bench.Host.Capture().ToArray();
        var newer = before.ToArray();
        newer[4] = 119; // Behind the format, the term, the index and the time, a byte each.

        Should.Throw<MachineException>(() => bench.Host.Restore(newer)).Message.ShouldContain("version 119");
        bench.Host.Capture().ToArray().ShouldBe(before);
    }

    [Fact]
    public void A_damaged_snapshot_is_refused_or_read_but_never_anything_else()
    {
        var bench = new HostBench();
        var session = bench.OpenSession(1);
        bench.Append(2, InSession(session, 1, "x", 100)).Append(2, InSession(session, 2, "y", 100)).Append(3, Request("a", "z", 100)).Apply();
        var state = bench.Host.Capture().ToArray();

        Gen.Select(Gen.Int[0, state.Length - 1], Gen.Byte, Gen.Int[0, state.Length]).Sample((place, value, length) =>
        {
            var damaged = state[..length];
            if (place < length)
            {
                damaged[place] = value;
            }

            try
            {
                new HostBench().Host.Restore(damaged);
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

    private static ReadOnlyMemory<byte> Command(int what, int who, long time)
    {
        var name = who.ToString(CultureInfo.InvariantCulture);
        return what switch
        {
            0 => CommandEnvelopeCodec.EncodeOpenSession(new LogTime(time)),
            1 or 2 => InSession(new LogIndex(1 + who), 1 + (time % 4), "s" + name, time + 50, answeredBelow: time % 2),
            3 => InSession(new LogIndex(1 + who), 5, "t" + name, time + 50, answeredBelow: 3),
            4 => CommandEnvelopeCodec.EncodeLimits(new SessionLimits(Retention / (1 + who), 3 + who, 3_600_000, 1 + who, 1 + who, 160 + (20 * who))),
            5 => CommandEnvelopeCodec.Encode(CommandEnvelope.ForRequest("k", Bytes("x"), new LogTime(time + 50), name) with { Needs = 2 }),
            _ => Request(name, "r" + (time % 3), time + 50),
        };
    }

    private static string Describe(Reply reply) => $"{reply.Kind} {reply.Entry} {Text(reply)} {reply.Reason} {reply.Detail}";
}
