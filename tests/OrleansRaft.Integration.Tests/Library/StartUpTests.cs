using System.Buffers;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.TestingHost;
using OrleansRaft.Grains.Hosting;
using OrleansRaft.Integration.Tests.Grains;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Runtime.Storage.Memory;
using OrleansRaft.Server;
using OrleansRaft.Sqlite.Hosting;

namespace OrleansRaft.Integration.Tests.Library;

/// <summary>A silo that is configured wrongly does not start, and says what is wrong and what to do: it never waits for ever.</summary>
public sealed class StartUpTests
{
    private static readonly TestClusterPortAllocator Ports = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_state_machine_without_AddRaft() =>
        (await FailAsync(silo => silo.AddRaftStateMachine<LedgerCommand, LedgerResult, Ledger>("ledgers"))).ShouldContain("'ledgers'", "AddRaft(");

    [Fact]
    public async Task The_catalogue_without_AddRaft() => (await FailAsync(silo => silo.AddRaftCatalogue())).ShouldContain("AddRaft(");

    [Fact]
    public async Task AddRaft_without_a_state_machine() =>
        (await FailAsync(silo => silo.AddRaft(raft => raft.UseMemory()))).ShouldContain("AddRaftStateMachine");

    [Fact]
    public async Task AddRaft_twice() =>
        (await FailAsync(silo => WithLedgers(silo).AddRaft(raft => raft.UseMemory()))).ShouldContain("AddRaft", "twice");

    [Fact]
    public async Task No_store() =>
        (await FailAsync(silo => Ledgers(silo.AddRaft(_ => { })))).ShouldContain("UsePostgreSql", "UseSqlite", "UseMemory");

    [Fact]
    public async Task Two_stores() =>
        (await FailAsync(silo => Ledgers(silo.AddRaft(raft => raft.UseMemory().UseSqlite(Path.Combine(Path.GetTempPath(), "never")))))).ShouldContain("UseMemory", "UseSqlite");

    [Fact]
    public async Task A_store_of_ones_own_is_a_store()
    {
        using var host = Build(silo => Ledgers(silo.AddRaft(raft => raft.Services.AddSingleton<ILogStore>(new MemoryLogStore(new MemoryDisk(), TimeProvider.System)))));

        await host.StartAsync(Token).WaitAsync(TimeSpan.FromMinutes(2), Token);
        await host.StopAsync(Token);
    }

    [Fact]
    public async Task No_clustering() => (await FailAsync(silo => WithLedgers(silo), isClustered: false)).ShouldContain("lustering");

    [Fact]
    public async Task One_name_for_two_sets() => (await FailAsync(silo => Ledgers(WithLedgers(silo)))).ShouldContain("'ledgers'", "twice");

    [Theory]
    [InlineData(0, 3, "groups")]
    [InlineData(-1, 3, "groups")]
    [InlineData(int.MaxValue, 3, "groups")]
    [InlineData(1, 0, "replicas")]
    [InlineData(1, -3, "replicas")]
    [InlineData(1, 1_000, "replicas")]
    public async Task A_number_of_groups_or_replicas_that_cannot_be(int groups, int replicas, string which) =>
        (await FailAsync(silo => silo.AddRaft(raft => raft.UseMemory()).AddRaftStateMachine<LedgerCommand, LedgerResult, Ledger>("ledgers", groups, replicas)))
            .ShouldContain(which, $"{(which == "groups" ? groups : replicas)}", "'ledgers'");

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("catalogue")]
    public async Task A_name_that_cannot_be(string name) =>
        (await FailAsync(silo => silo.AddRaft(raft => raft.UseMemory()).AddRaftStateMachine<LedgerCommand, LedgerResult, Ledger>(name))).ShouldContain($"'{name}'");

    [Fact]
    public async Task A_state_machine_whose_constructor_asks_for_what_there_is_not() =>
        (await FailAsync<LedgerCommand, LedgerResult, Needy>()).ShouldContain(nameof(Needy), nameof(ParcelOffice), "'broken'");

    [Fact]
    public async Task A_state_machine_whose_constructor_throws() =>
        (await FailAsync<LedgerCommand, LedgerResult, Explosive>()).ShouldContain(nameof(Explosive), "no fuse", "constructor");

    [Fact]
    public async Task A_state_machine_that_cannot_return_to_its_initial_state() =>
        (await FailAsync<LedgerCommand, LedgerResult, Forgetless>()).ShouldContain(nameof(Forgetless), "Restore", "initial state");

    [Fact]
    public async Task A_state_machine_that_cannot_be_captured() =>
        (await FailAsync<LedgerCommand, LedgerResult, Uncaptured>()).ShouldContain(nameof(Uncaptured), "Capture");

    [Fact]
    public async Task A_command_without_a_serializer() =>
        (await FailAsync<Unserializable, LedgerResult, Any<Unserializable, LedgerResult>>()).ShouldContain(nameof(Unserializable), "[GenerateSerializer]", "'broken'");

    [Fact]
    public async Task A_result_without_a_serializer() =>
        (await FailAsync<LedgerCommand, Unserializable, Any<LedgerCommand, Unserializable>>()).ShouldContain(nameof(Unserializable), "[GenerateSerializer]");

    [Fact]
    public async Task One_kind_of_command_without_a_serializer() =>
        (await FailAsync<Order, LedgerResult, Any<Order, LedgerResult>>()).ShouldContain(nameof(Sell), "[GenerateSerializer]");

    [Fact]
    public async Task A_codec_of_ones_own_needs_no_serializer()
    {
        using var host = Build(silo =>
        {
            silo.Services.AddSingleton<ICommandCodec<Unserializable>, TextCodec>();
            silo.AddRaft(raft => raft.UseMemory()).AddRaftStateMachine<Unserializable, Unserializable, Any<Unserializable, Unserializable>>("own", 1, 1);
        });

        await host.StartAsync(Token).WaitAsync(TimeSpan.FromMinutes(2), Token);
        await host.StopAsync(Token);
    }

    /// <summary>What a silo of Orleans has started stays busy after its host is gone, unless it is stopped.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_silo_that_its_store_refuses_has_stopped_everything_when_its_host_is_disposed(bool isAsync)
    {
        var disk = new MemoryDisk();
        using (var first = Build(silo => Ledgers(silo.AddRaft(raft => raft.UseMemory(disk)))))
        {
            await first.StartAsync(Token);
            await first.StopAsync(Token);
        }

        var stages = new Stages();
        var refused = Build(silo =>
        {
            silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(stages);
            silo.AddRaft(raft => raft.UseMemory(disk)).AddRaftStateMachine<LedgerCommand, LedgerResult, Ledger>("ledgers", groups: 2, replicas: 1);
        });

        await Should.ThrowAsync<StoreRefusedException>(() => refused.StartAsync(Token));
        if (isAsync)
        {
            await ((IAsyncDisposable)refused).DisposeAsync();
        }
        else
        {
            refused.Dispose();
        }

        stages.Life!.HighestCompletedStage.ShouldBeGreaterThan(ServiceLifecycleStage.RuntimeInitialize);
        stages.Life.LowestStoppedStage.ShouldBeLessThan(ServiceLifecycleStage.RuntimeInitialize + 1);
    }

    private static ISiloBuilder Ledgers(ISiloBuilder silo) => silo.AddRaftStateMachine<LedgerCommand, LedgerResult, Ledger>("ledgers", 1, 1);

    private static ISiloBuilder WithLedgers(ISiloBuilder silo) => Ledgers(silo.AddRaft(raft => raft.UseMemory()));

    private static Task<Sentence> FailAsync<TCommand, TResult, TMachine>()
        where TMachine : class, IStateMachine<TCommand, TResult> =>
        FailAsync(silo => silo.AddRaft(raft => raft.UseMemory()).AddRaftStateMachine<TCommand, TResult, TMachine>("broken", 1, 1));

    /// <summary>What the outermost exception of the start says.</summary>
    private static async Task<Sentence> FailAsync(Action<ISiloBuilder> configure, bool isClustered = true)
    {
        var failure = await Should.ThrowAsync<Exception>(async () =>
        {
            using var host = Build(configure, isClustered);
            await host.StartAsync(Token).WaitAsync(TimeSpan.FromMinutes(2), Token);
            await host.StopAsync(Token);
        });
        failure.ShouldNotBeOfType<TimeoutException>();
        return new Sentence(failure.Message);
    }

    private static IHost Build(Action<ISiloBuilder> configure, bool isClustered = true)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        var (siloPort, gatewayPort) = Ports.AllocateConsecutivePortPairs(1);
        builder.UseOrleans(silo =>
        {
            if (isClustered)
            {
                silo.UseLocalhostClustering(siloPort, gatewayPort, serviceId: "start", clusterId: $"start-{siloPort}");
            }
            else
            {
                silo.ConfigureEndpoints(IPAddress.Loopback, siloPort, gatewayPort);
            }

            configure(silo);
        });
        return builder.Build();
    }

    /// <summary>Remembers the stages of a silo's life, which end before its host is disposed.</summary>
    private sealed class Stages : ILifecycleParticipant<ISiloLifecycle>
    {
        public ISiloLifecycle? Life { get; private set; }

        public void Participate(ISiloLifecycle lifecycle) => Life = lifecycle;
    }

    private sealed record Sentence(string Text)
    {
        public void ShouldContain(params string[] parts) => Array.ForEach(parts, part => Text.ShouldContain(part));
    }

    internal abstract class Machine<TCommand, TResult> : IStateMachine<TCommand, TResult>
    {
        public void Apply(ReadOnlySpan<Command<TCommand>> commands, Span<TResult> results) => results.Clear();

        public TResult Query(in Command<TCommand> query) => default!;

        public virtual void Capture(IBufferWriter<byte> output)
        {
        }

        public virtual void Restore(ReadOnlyMemory<byte> snapshot)
        {
        }
    }

    internal sealed class Any<TCommand, TResult> : Machine<TCommand, TResult>;

    internal sealed class Needy(ParcelOffice office) : Machine<LedgerCommand, LedgerResult>
    {
        public ParcelOffice Office { get; } = office;
    }

    internal sealed class Explosive : Machine<LedgerCommand, LedgerResult>
    {
        public Explosive() => throw new NotSupportedException("no fuse");
    }

    internal sealed class Forgetless : Machine<LedgerCommand, LedgerResult>
    {
        public override void Restore(ReadOnlyMemory<byte> snapshot) => _ = snapshot.Span[0];
    }

    internal sealed class Uncaptured : Machine<LedgerCommand, LedgerResult>
    {
        public override void Capture(IBufferWriter<byte> output) => throw new NotSupportedException("no picture");
    }

    internal sealed class TextCodec : ICommandCodec<Unserializable>
    {
        public void Write(Unserializable value, IBufferWriter<byte> output) => output.Write(System.Text.Encoding.UTF8.GetBytes(value.Text));

        public Unserializable Read(ReadOnlyMemory<byte> bytes) => new(System.Text.Encoding.UTF8.GetString(bytes.Span));
    }
}

/// <summary>Commands of several kinds, of which one lacks its attribute.</summary>
[GenerateSerializer, Alias("test-order")]
public abstract record Order;

[GenerateSerializer, Alias("test-buy")]
public sealed record Buy([property: Id(0)] int Count) : Order;

public sealed record Sell(int Count) : Order;
