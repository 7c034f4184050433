using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Integration.Tests.Grains;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Integration.Tests.Library;

/// <summary>A state machine is disposed when its replica ends, once, and not used afterwards.</summary>
public sealed class StateMachineLifeTests
{
    [Fact]
    public async Task Machines_are_disposed_when_replicas_move_end_or_their_silo_stops_or_is_killed_and_not_used_afterwards()
    {
        var registry = new Registry();
        await using (var cluster = await RaftTestCluster.StartAsync(silos: 3, groups: 1, configure: (_, silo) =>
        {
            silo.Services.AddSingleton(registry);
            silo.AddRaftStateMachine<LedgerCommand, LedgerResult, AsyncMachine>("async", groups: 2);
            silo.AddRaftStateMachine<LedgerCommand, LedgerResult, SyncMachine>("sync", groups: 2);
        }))
        {
            await cluster.WaitUntilSpreadAsync();
            await RaftTestCluster.EventuallyAsync(() => Task.FromResult(registry.Alive == 12 ? null : $"{registry} instead of 12 alive"));

            await cluster.StopSiloAsync(cluster.Silos[2]);
            await cluster.WaitUntilReadyAsync();
            await RaftTestCluster.EventuallyAsync(
                () => Task.FromResult(registry.Alive == 12 ? null : $"{registry} instead of 12 alive after a silo stopped"));

            await cluster.KillSiloAsync(cluster.Silos[1]);
            await cluster.WaitUntilReadyAsync();
            await RaftTestCluster.EventuallyAsync(
                () => Task.FromResult(registry.Alive == 12 ? null : $"{registry} instead of 12 alive after a silo was killed"));
        }

        registry.Alive.ShouldBe(0, registry.ToString());
        registry.DisposedTwice.ShouldBe(0);
        registry.DisposedSynchronously.ShouldBe(0);
        registry.UsedAfterwards.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_machine_that_is_disposed_is_not_reached_any_more()
    {
        var registry = new Registry();
        var host = new StateMachineHost<LedgerCommand, LedgerResult>(
            new SyncMachine(registry), new NothingCodec<LedgerCommand>(), new NothingCodec<LedgerResult>());

        await host.DisposeAsync();
        await host.DisposeAsync();

        Should.Throw<ObjectDisposedException>(() => host.Capture());
        Should.Throw<ObjectDisposedException>(() => host.Restore(ReadOnlyMemory<byte>.Empty));
        Should.Throw<ObjectDisposedException>(() => host.Query(new QueryEnvelope("k", default)));
        registry.Alive.ShouldBe(0);
        registry.DisposedTwice.ShouldBe(0);
        registry.UsedAfterwards.ShouldBeEmpty();
    }

    /// <summary>It would reach every replica's state machine, and what that threw would stop them all.</summary>
    [Fact]
    public void A_command_that_is_null_does_not_enter_the_log()
    {
        var host = new StateMachineHost<LedgerCommand, LedgerResult>(
            new Ledger(), new NothingCodec<LedgerCommand>(), new NothingCodec<LedgerResult>());

        host.Reject(CommandEnvelopeCodec.Encode(CommandEnvelope.ForRequest("k", default, new LogTime(1), "id")))
            .ShouldNotBeNull()
            .ShouldContain("null");
    }

    private sealed class NothingCodec<T> : ICommandCodec<T>
    {
        public void Write(T value, IBufferWriter<byte> output)
        {
        }

        public T Read(ReadOnlyMemory<byte> bytes) => default!;
    }

    internal sealed class Registry
    {
        private int made;
        private int disposed;

        public int Alive => Volatile.Read(ref made) - Volatile.Read(ref disposed);

        public int DisposedTwice { get; set; }

        /// <summary>How many were that could be disposed asynchronously.</summary>
        public int DisposedSynchronously { get; set; }

        public ConcurrentQueue<string> UsedAfterwards { get; } = [];

        public void Made() => Interlocked.Increment(ref made);

        public void Disposed() => Interlocked.Increment(ref disposed);

        public override string ToString() => $"{made} made, {disposed} disposed";
    }

    internal abstract class Machine : IStateMachine<LedgerCommand, LedgerResult>
    {
        private readonly Registry registry;
        private readonly Ledger ledger = new();
        private int isDisposed;

        protected Machine(Registry registry)
        {
            this.registry = registry;
            registry.Made();
        }

        public void Apply(ReadOnlySpan<Command<LedgerCommand>> commands, Span<LedgerResult> results)
        {
            Use(nameof(Apply));
            ledger.Apply(commands, results);
        }

        public LedgerResult Query(in Command<LedgerCommand> query)
        {
            Use(nameof(Query));
            return ledger.Query(query);
        }

        public void Capture(IBufferWriter<byte> output)
        {
            Use(nameof(Capture));
            ledger.Capture(output);
        }

        public void Restore(ReadOnlyMemory<byte> snapshot)
        {
            Use(nameof(Restore));
            ledger.Restore(snapshot);
        }

        protected void End()
        {
            if (Interlocked.Exchange(ref isDisposed, 1) == 1)
            {
                registry.DisposedTwice++;
            }

            registry.Disposed();
        }

        protected void DisposedSynchronously() => registry.DisposedSynchronously++;

        private void Use(string what)
        {
            if (Volatile.Read(ref isDisposed) == 1)
            {
                registry.UsedAfterwards.Enqueue(what);
            }
        }
    }

    internal sealed class SyncMachine(Registry registry) : Machine(registry), IDisposable
    {
        public void Dispose() => End();
    }

    /// <summary>What can end asynchronously does, and the other way is not taken as well.</summary>
    internal sealed class AsyncMachine(Registry registry) : Machine(registry), IAsyncDisposable, IDisposable
    {
        public void Dispose() => DisposedSynchronously();

        public async ValueTask DisposeAsync()
        {
            await Task.Yield();
            End();
        }
    }
}
