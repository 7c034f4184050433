using System.Buffers;
using OrleansRaft.Runtime.StateMachines;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>One instance of a state machine serves one replica, and is disposed once, when nothing uses it any more.</summary>
public sealed class MachineLifeTests
{
    [Fact]
    public async Task What_a_machine_is_doing_when_it_is_disposed_is_not_waited_for_and_it_is_disposed_after_that()
    {
        var machine = new Mortal();
        var host = new StateMachineHost<string, string>(machine, new TextCodec(), new TextCodec());
        using var entered = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        machine.OnQuery = () =>
        {
            entered.Set();
            go.Wait();
        };
        var query = Task.Run(() => host.Query(new QueryEnvelope("k", Bytes("q"))), TestContext.Current.CancellationToken);
        entered.Wait(TestContext.Current.CancellationToken);

        await host.DisposeAsync();
        var whileInUse = machine.Disposals;
        go.Set();
        var reply = await query;

        whileInUse.ShouldBe(0);
        reply.Kind.ShouldBe(ReplyKind.Committed);
        machine.Disposals.ShouldBe(1);
        await host.DisposeAsync();
        machine.Disposals.ShouldBe(1);
        Should.Throw<ObjectDisposedException>(() => host.Restore(ReadOnlyMemory<byte>.Empty));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_machine_that_threw_is_restored_anew_and_not_disposed_before_its_replica_ends(bool hasThread)
    {
        var machine = new Mortal();
        var host = new StateMachineHost<string, string>(machine, new TextCodec(), new TextCodec());
        using var bench = new DriverBench(voters: 1, machine: host, executor: hasThread ? new ScriptedExecutor() : null).Lead();
        machine.Throws = 1;

        var sink = bench.Submit(Request("a", "x", 100_000));
        bench.Settle();
        var whileAlive = (machine.Restores, machine.Disposals);
        bench.Driver.Stop();
        await host.DisposeAsync();

        sink.Reply.Kind.ShouldBe(ReplyKind.Committed);
        whileAlive.ShouldBe((2, 0));
        machine.Disposals.ShouldBe(1);
    }

    private sealed class Mortal : IStateMachine<string, string>, IDisposable
    {
        public int Disposals { get; private set; }

        public int Restores { get; private set; }

        public int Throws { get; set; }

        public Action? OnQuery { get; set; }

        public void Apply(ReadOnlySpan<Command<string>> commands, Span<string> results)
        {
            if (Throws-- > 0)
            {
                throw new InvalidOperationException("not today");
            }

            results.Fill("");
        }

        public string Query(in Command<string> query)
        {
            OnQuery?.Invoke();
            return "";
        }

        public void Capture(IBufferWriter<byte> output)
        {
        }

        public void Restore(ReadOnlyMemory<byte> snapshot) => Restores++;

        public void Dispose() => Disposals++;
    }
}
