using System.Buffers;
using OrleansRaft.Core;
using OrleansRaft.Runtime.StateMachines;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>The whole state of a replica, as somebody asks for it who makes a backup.</summary>
public sealed class DriverStateTests
{
    public static TheoryData<bool> OnItsOwnThread => [false, true];

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public async Task A_state_that_is_asked_for_is_the_one_of_its_moment_and_restores_as_it_was(bool hasThread)
    {
        var machine = new ViewedMachine();
        using var bench = Bench(machine, hasThread).Lead();
        Apply(bench, 1);
        Apply(bench, 2);

        var asked = bench.Driver.ViewStateAsync();
        bench.Settle();
        var (reply, state) = await asked;
        Apply(bench, 3);

        reply.Kind.ShouldBe(ReplyKind.Committed);
        var output = new ArrayBufferWriter<byte>();
        state!.View.Write(output);
        state.View.Dispose();
        var again = new ViewedMachine();
        var host = HostOf(again);
        host.Restore(output.WrittenMemory);
        again.Lines.ShouldBe(machine.Lines.Take(2));
        host.AppliedEntry.ShouldBe(state.Snapshot.LastIncluded);
        host.AppliedTime.ShouldBe(state.Snapshot.Time);
        state.Snapshot.Configuration.ShouldBe(Configuration.OfVoters(1));
        machine.Views.ShouldAllBe(view => view.Disposals == 1);
    }

    /// <summary>A leader that others may have deposed would leave out what they have acknowledged since.</summary>
    [Fact]
    public async Task A_state_is_given_only_when_a_majority_has_confirmed_the_leader()
    {
        using var bench = new DriverBench().Lead();

        var asked = bench.Driver.ViewStateAsync();
        bench.Settle();
        asked.IsCompleted.ShouldBeFalse();
        bench.Acknowledge(DriverBench.Two);

        (await asked).State.ShouldNotBeNull().View.Dispose();
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public async Task A_machine_that_cannot_give_its_state_refuses_and_its_group_goes_on(bool hasThread)
    {
        var machine = new ViewedMachine { Failure = (new InvalidOperationException("not today"), null) };
        using var bench = Bench(machine, hasThread).Lead();

        var asked = bench.Driver.ViewStateAsync();
        bench.Settle();
        var (reply, state) = await asked;

        state.ShouldBeNull();
        (reply.Kind, reply.Reason).ShouldBe((ReplyKind.Rejected, RejectionReason.MachineFailed));
        reply.Detail.ShouldContain("not today");
        bench.Halted.ShouldBeNull();
        Apply(bench, 1);
    }

    [Theory]
    [MemberData(nameof(OnItsOwnThread))]
    public async Task A_replica_that_ends_answers_who_asked_and_leaves_no_view_undisposed(bool hasThread)
    {
        var machine = new ViewedMachine();
        using var bench = Bench(machine, hasThread).Lead();

        var asked = bench.Driver.ViewStateAsync();
        bench.Driver.Stop();
        bench.Settle();
        var late = await bench.Driver.ViewStateAsync();

        (await asked).Reply.Kind.ShouldBe(ReplyKind.Rejected);
        late.Reply.Kind.ShouldBe(ReplyKind.Rejected);
        machine.Views.ShouldAllBe(view => view.Disposals == 1);
    }

    private static DriverBench Bench(ViewedMachine machine, bool hasThread) =>
        new(voters: 1, machine: HostOf(machine), executor: hasThread ? new ScriptedExecutor() : null);

    private static StateMachineHost<string, string> HostOf(ViewedMachine machine) => new(machine, new TextCodec(), new TextCodec()) { Program = 1 };

    private static void Apply(DriverBench bench, int number)
    {
        var sink = bench.Submit(Request($"id{number}", $"line-{number}", 100_000));
        bench.Settle();
        sink.Reply.Kind.ShouldBe(ReplyKind.Committed);
    }
}
