using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Integration.Tests.Grains;

namespace OrleansRaft.Integration.Tests.Library;

/// <summary>
/// A silo whose sets of groups are not what the other silos have under the same names does not join them, and says in a sentence what differs and
/// what to do; the others go on.
/// </summary>
public sealed class UnlikeSilosTests
{
    private const string Odd = "odd";
    private const string Coffers = "coffers";

    private static readonly Action<ISiloBuilder> Right = static silo =>
        AddCoffer<Coffer>(silo.AddRaftStateMachine<LedgerCommand, long, Sums>(Odd, 1, 1));

    [Fact]
    public async Task A_silo_whose_sets_do_not_go_together_with_those_of_the_others_does_not_start_and_says_what_to_do()
    {
        var sets = Right;
        var messages = new ConcurrentQueue<string>();
        await using var cluster = await RaftTestCluster.StartAsync(
            silos: 1,
            groups: 1,
            replicas: 1,
            configure: (_, silo) =>
            {
                sets(silo);
                silo.Services.AddLogging(logging => logging.AddProvider(new Warnings(messages)));
            });
        var first = cluster.Silos[0].Name;

        async Task RefuseAsync(string sentence, string remedy, Action<ISiloBuilder> other)
        {
            sets = other;
            var refusal = (await Should.ThrowAsync<Exception>(cluster.StartSiloAsync())).ToString();
            refusal.ShouldContain($"This silo cannot join the others: {sentence}");
            refusal.ShouldContain(remedy);
        }

        await RefuseAsync(
            $"the set '{Odd}' has commands and results of the types test-ledger-command and System.String here, and of ",
            "Register the same types on all silos, or give one of the two sets another name",
            static silo => AddCoffer<Coffer>(silo.AddRaftStateMachine<LedgerCommand, string, Texts>(Odd, 1, 1)));
        await RefuseAsync(
            $"the program of this silo supports version 3 of the state machine of the set '{Odd}', and the program of silo '{first}' supports "
                + "version 1",
            "Upgrade through a program that supports versions of both",
            static silo => AddCoffer<Coffer>(silo.AddRaftStateMachine<LedgerCommand, long, LaterSums>(Odd, 1, 1)));
        await RefuseAsync(
            $"the set '{Coffers}' keeps the states of test.ICoffer under the name test.RenamedCoffer here, and under test.Coffer on silo '{first}'",
            "the same [Alias] on all silos",
            static silo => AddCoffer<RenamedCoffer>(silo.AddRaftStateMachine<LedgerCommand, long, Sums>(Odd, 1, 1)));

        // Silos that start together are not active for each other when they first ask.
        await RefuseAsync(
            $"the set '{Odd}' has commands and results of the types this and that here, and of ",
            "Register the same types on all silos",
            static silo =>
            {
                Right(silo);
                silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(
                    static services => new SecondThoughts(services.GetRequiredService<OwnSets>()));
            });

        sets = static silo => silo.AddRaftStateMachine<LedgerCommand, long, Sums>(Odd, 1, 1)
            .AddReplicatedGrains(Coffers, 1, static grains => grains.Add<Coffer>().Add<Chest>(), replicas: 1);
        await cluster.StartSiloAsync();

        messages.ShouldContain(message =>
            message.Contains($"the program of silo '{first}' supports version 1 of the set '{Coffers}', from which on there is test.IChest, but "
                + "lacks it",
                StringComparison.Ordinal)
            && message.Contains("mark the interface [Since(2)]", StringComparison.Ordinal));
        (await cluster.AddAsync("k", 1)).Sum.ShouldBe(1);
    }

    private static void AddCoffer<TCoffer>(ISiloBuilder silo)
        where TCoffer : ReplicatedGrain, ICoffer =>
        silo.AddReplicatedGrains(Coffers, 1, static grains => grains.Add<TCoffer>(), replicas: 1);

    /// <summary>Has other sets than it had when it started.</summary>
    private sealed class SecondThoughts(OwnSets sets) : ILifecycleParticipant<ISiloLifecycle>
    {
        public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
            nameof(SecondThoughts),
            ServiceLifecycleStage.Active,
            _ =>
            {
                sets.Note(sets.All.Select(static set => set.Set == Odd ? set with { Kind = "this and that" } : set).ToList());
                return Task.CompletedTask;
            });
    }

    private sealed class Warnings(ConcurrentQueue<string> messages) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                messages.Enqueue(formatter(state, exception));
            }
        }

        public void Dispose()
        {
        }
    }

    internal abstract class Machine<TResult>(TResult answer) : IStateMachine<LedgerCommand, TResult>
    {
        public void Apply(ReadOnlySpan<Command<LedgerCommand>> commands, Span<TResult> results) => results.Fill(answer);

        public TResult Query(in Command<LedgerCommand> query) => answer;

        public void Capture(IBufferWriter<byte> output)
        {
        }

        public void Restore(ReadOnlyMemory<byte> snapshot)
        {
        }
    }

    internal sealed class Sums() : Machine<long>(1);

    internal sealed class Texts() : Machine<string>("one");

    internal sealed class LaterSums() : Machine<long>(1), IVersionedStateMachine
    {
        public int OldestVersion => 3;

        public int NewestVersion => 3;

        public int Version { get; set; }

        public void Upgrade(int from, int to)
        {
        }
    }
}

[Alias("test.ICoffer")]
public interface ICoffer : IReplicatedGrain
{
    [Alias("Put")]
    Task<long> Put(long amount);
}

[Alias("test.IChest")]
public interface IChest : IReplicatedGrain
{
    [Alias("Lock")]
    Task Lock();
}

[Alias("test.Coffer")]
public sealed class Coffer : ReplicatedGrain<PurseState>, ICoffer
{
    public Task<long> Put(long amount) => Task.FromResult(State.Amount += amount);
}

/// <summary>The same class after somebody changed its alias.</summary>
[Alias("test.RenamedCoffer")]
public sealed class RenamedCoffer : ReplicatedGrain<PurseState>, ICoffer
{
    public Task<long> Put(long amount) => Task.FromResult(State.Amount += amount);
}

[Alias("test.Chest")]
public sealed class Chest : ReplicatedGrain<PurseState>, IChest
{
    public Task Lock() => Task.CompletedTask;
}
