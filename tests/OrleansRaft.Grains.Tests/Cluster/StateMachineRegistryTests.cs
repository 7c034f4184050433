using System.Buffers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Orleans.Configuration;
using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.Tests.Cluster;

/// <summary>State machines are made for one replica each, and disposed with it.</summary>
public sealed class StateMachineRegistryTests : IDisposable
{
    private readonly FakeTimeProvider time = new();
    private readonly Morgue morgue = new();

    [Fact]
    public async Task Each_replica_has_a_machine_of_its_own_even_where_the_application_registered_one_for_all()
    {
        var registry = Registry(services => services.AddSingleton<Machine>());

        var (one, two) = (registry.Create("set"), registry.Create("set"));
        await registry.EndAsync(one);
        await registry.EndAsync(one);

        morgue.Made.ShouldBe(2);
        morgue.Disposed.ShouldBe(1);
        two.Restore(ReadOnlyMemory<byte>.Empty);
        await registry.DisposeAsync();
        morgue.Disposed.ShouldBe(2);
    }

    /// <summary>Whoever waits has a replica to move or a silo to stop.</summary>
    [Fact]
    public async Task A_disposal_that_does_not_end_is_waited_for_some_seconds_and_on_no_turn()
    {
        var registry = Registry();
        var (stuck, other) = (registry.Create("set"), registry.Create("set"));
        morgue.Gate.Reset();

        var ending = registry.EndAsync(stuck).AsTask();
        var stopping = registry.DisposeAsync().AsTask();
        ending.IsCompleted.ShouldBeFalse();
        await UntilAsync(() => morgue.Begun == 2);
        time.Advance(TimeSpan.FromSeconds(5));
        await ending.WaitAsync(TestContext.Current.CancellationToken);
        await stopping.WaitAsync(TestContext.Current.CancellationToken);

        morgue.Disposed.ShouldBe(0);
        morgue.Gate.Set();
        await UntilAsync(() => morgue.Disposed == 2);
        Should.Throw<ObjectDisposedException>(() => other.Restore(ReadOnlyMemory<byte>.Empty));
    }

    /// <summary>The first would fail at start-up; a later one must not take its replica's log and vote with it.</summary>
    [Fact]
    public async Task A_machine_that_cannot_be_made_although_others_were_is_made_when_its_state_is_restored()
    {
        var registry = Registry();
        morgue.IsFull = true;
        Should.Throw<InvalidOperationException>(() => registry.Create("set"));
        morgue.IsFull = false;
        await registry.EndAsync(registry.Create("set"));
        morgue.IsFull = true;

        var late = registry.Create("set");
        Should.Throw<MachineException>(() => late.Restore(ReadOnlyMemory<byte>.Empty)).Message.ShouldContain("The constructor");
        morgue.IsFull = false;
        late.Restore(ReadOnlyMemory<byte>.Empty);
        await registry.EndAsync(late);

        morgue.Made.ShouldBe(2);
        morgue.Disposed.ShouldBe(2);
    }

    public void Dispose() => morgue.Gate.Dispose();

    private static async Task UntilAsync(Func<bool> holds)
    {
        while (!holds())
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    private StateMachineRegistry Registry(Action<IServiceCollection>? configure = null)
    {
        var services = new ServiceCollection()
            .AddSingleton(morgue)
            .AddSingleton<ICommandCodec<string>, Codec>();
        configure?.Invoke(services);
        return new StateMachineRegistry(
            [StateMachineRegistration.Of<string, string, Machine>("set", 1, 3)],
            services.BuildServiceProvider(),
            Options.Create(new ClusterOptions()),
            Options.Create(new StoreTopology()),
            time,
            NullLogger<StateMachineRegistry>.Instance);
    }

    internal sealed class Morgue
    {
        private int made;
        private int begun;
        private int disposed;

        public ManualResetEventSlim Gate { get; } = new(initialState: true);

        public int Made => Volatile.Read(ref made);

        /// <summary>How many disposals have begun.</summary>
        public int Begun => Volatile.Read(ref begun);

        public int Disposed => Volatile.Read(ref disposed);

        public bool IsFull { get; set; }

        public void Make()
        {
            if (IsFull)
            {
                throw new InvalidOperationException("no room");
            }

            Interlocked.Increment(ref made);
        }

        public void Bury()
        {
            Interlocked.Increment(ref begun);
            Gate.Wait();
            Interlocked.Increment(ref disposed);
        }
    }

    internal sealed class Machine : IStateMachine<string, string>, IDisposable
    {
        private readonly Morgue morgue;

        public Machine(Morgue morgue)
        {
            this.morgue = morgue;
            morgue.Make();
        }

        public void Apply(ReadOnlySpan<Command<string>> commands, Span<string> results) => results.Fill("");

        public string Query(in Command<string> query) => "";

        public void Capture(IBufferWriter<byte> output)
        {
        }

        public void Restore(ReadOnlyMemory<byte> snapshot)
        {
        }

        public void Dispose() => morgue.Bury();
    }

    internal sealed class Codec : ICommandCodec<string>
    {
        public void Write(string value, IBufferWriter<byte> output)
        {
        }

        public string Read(ReadOnlyMemory<byte> bytes) => "";
    }
}
