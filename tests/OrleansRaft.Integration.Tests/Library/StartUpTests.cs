using System.Buffers;
using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Orleans.Configuration;
using Orleans.TestingHost;
using OrleansRaft.Integration.Tests.Grains;
using OrleansRaft.Integration.Tests.Stores.Sqlite;
using OrleansRaft.PostgreSql;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Runtime.Storage.Memory;

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
        (await FailAsync(silo => silo.AddRaft(raft => raft.UseMemory()))).ShouldContain("AddReplicatedGrains", "AddRaftStateMachine");

    [Fact]
    public async Task AddRaft_twice() =>
        (await FailAsync(silo => WithLedgers(silo).AddRaft(raft => raft.UseMemory()))).ShouldContain("AddRaft", "twice");

    [Fact]
    public async Task No_store() =>
        (await FailAsync(silo => Ledgers(silo.AddRaft(_ => { })))).ShouldContain("UsePostgreSql", "UseSqlite", "UseMemory");

    [Fact]
    public async Task Two_stores() =>
        (
            await FailAsync(
                silo =>
                    Ledgers(
                        silo.AddRaft(
                            raft => raft.UseMemory().UseSqlite(Path.Combine(Path.GetTempPath(), "never")))))).ShouldContain("UseMemory", "UseSqlite");

    [Fact]
    public async Task A_store_of_ones_own_is_a_store()
    {
        using var host = Build(
            silo => Ledgers(silo.AddRaft(raft => raft.Services.AddSingleton<ILogStore>(new MemoryLogStore(new MemoryDisk(), TimeProvider.System)))));

        await host.StartAsync(Token).WaitAsync(TimeSpan.FromMinutes(2), Token);
        await host.StopAsync(Token);
    }

    [Fact]
    public async Task No_clustering() => (await FailAsync(silo => WithLedgers(silo), isClustered: false)).ShouldContain("lustering");

    /// <summary>Orleans would declare the silo that is there dead, for one that cannot take its place.</summary>
    [Theory]
    [InlineData(true, nameof(EndpointOptions.SiloPort))]
    [InlineData(false, nameof(EndpointOptions.GatewayPort))]
    public async Task A_port_that_is_in_use(bool isSiloPort, string option)
    {
        using var first = Build(silo => WithLedgers(silo));
        await first.StartAsync(Token);
        var taken = first.Services.GetRequiredService<IOptions<EndpointOptions>>().Value;
        var membership = first.Services.GetRequiredService<IMembershipTable>();

        var sentence = await FailAsync(silo => WithLedgers(silo).Configure<EndpointOptions>(endpoints =>
        {
            (endpoints.SiloPort, endpoints.GatewayPort) = isSiloPort
                ? (taken.SiloPort, endpoints.GatewayPort)
                : (endpoints.SiloPort, taken.GatewayPort);
            (endpoints.SiloListeningEndpoint, endpoints.GatewayListeningEndpoint) = (null, null);
        }).ConfigureServices(services => services.AddSingleton(membership)));

        sentence.ShouldContain($"127.0.0.1:{(isSiloPort ? taken.SiloPort : taken.GatewayPort)} is in use", option);
        (await membership.ReadAllAsync(Token)).Members.ShouldHaveSingleItem().Item1.Status.ShouldBe(SiloStatus.Active);
        await first.StopAsync(Token);
    }

    [Theory]
    [InlineData("postgres://oraft:secret@127.0.0.1/oraft")]
    [InlineData("Hots=127.0.0.1;Username=oraft;Password=secret")]
    public async Task A_connection_string_that_cannot_be_read(string unreadable)
    {
        var ofLogs = await FailAsync(silo => Ledgers(silo.AddRaft(raft => raft.UsePostgreSql(unreadable))));
        var ofOrleans = Should.Throw<ArgumentException>(() => PostgreSqlSchema.ForOrleans(unreadable));

        ofLogs.ShouldContain("no connection string of PostgreSQL", "'Host=");
        ofLogs.Text.ShouldNotContain("secret");
        ofOrleans.Message.ShouldBe(ofLogs.Text);
    }

    /// <summary>The sentence is about what the application wrote, and not about the machine beneath.</summary>
    [Fact]
    public async Task A_replicated_grain_whose_state_has_no_serializer() =>
        (await FailAsync(silo => silo.AddRaft(raft => raft.UseMemory()).AddReplicatedGrains("notes", 1, grains => grains.Add<Note>()))).Text.ShouldBe(
            $"The set 'notes' of replicated grains cannot be used. The states of {typeof(Note).FullName} cannot be kept. Orleans has no serializer "
            + $"for {typeof(NoteState).FullName}: put [GenerateSerializer] on the type and [Id] on its members, in a project that references "
            + "Microsoft.Orleans.Sdk.");

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
        (
            await FailAsync(
                silo => silo.AddRaft(raft => raft.UseMemory()).AddRaftStateMachine<LedgerCommand, LedgerResult, Ledger>("ledgers", groups, replicas)))
            .ShouldContain(which, $"{(which == "groups" ? groups : replicas)}", "'ledgers'");

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("catalogue")]
    public async Task A_name_that_cannot_be(string name) =>
        (
            await FailAsync(
                silo =>
                    silo.AddRaft(
                        raft => raft.UseMemory()).AddRaftStateMachine<LedgerCommand, LedgerResult, Ledger>(name))).ShouldContain($"'{name}'");

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
    public async Task A_state_machine_that_cannot_restore_what_it_captured() =>
        (await FailAsync<LedgerCommand, LedgerResult, Forgetful>()).ShouldContain(
            nameof(Forgetful), "Restore, given what Capture wrote", "a number of ten digits");

    [Fact]
    public async Task A_state_machine_that_restores_another_state_than_it_captured() =>
        (await FailAsync<LedgerCommand, LedgerResult, Restless>()).ShouldContain(nameof(Restless), "Restore", "another state", "'broken'");

    [Fact]
    public async Task A_state_machine_whose_equal_states_are_captured_in_other_bytes() =>
        (await FailAsync<LedgerCommand, LedgerResult, Random>()).ShouldContain(nameof(Random), "Capture writes other bytes", "compared");

    [Fact]
    public async Task A_state_machine_that_cannot_be_disposed() =>
        (await FailAsync<LedgerCommand, LedgerResult, Immortal>()).ShouldContain(nameof(Immortal), "Dispose", "not yet");

    [Fact]
    public async Task Request_ids_of_which_the_application_expects_a_form() =>
        (await FailAsync<LedgerCommand, LedgerResult, Scoped>()).ShouldContain(
            nameof(Scoped), nameof(IRequestScopes.ScopeOf), "request id", "without an owner");

    /// <summary>The option is named, and not the machine that happens to read it first.</summary>
    [Theory]
    [InlineData("Raft:HeartbeatTicks", "0")]
    [InlineData("Raft:ElectionTicksMin", "1")]
    [InlineData("Raft:TickInterval", "fast")]
    [InlineData("Raft:RequestIdsMax", "many")]
    public async Task An_option_that_cannot_be(string name, string value)
    {
        var sentence = await FailAsync(
            silo => silo.AddRaft(raft => raft.UseMemory()).AddRaftStateMachine<LedgerCommand, LedgerResult, Curious>("broken", 1, 1),
            settings: [(name, value)]);

        sentence.ShouldContain(name);
        sentence.Text.ShouldNotContain(nameof(Curious));
    }

    /// <summary>Nobody can know for how long it may; but whoever waits is told for what.</summary>
    [Fact]
    public async Task A_state_machine_whose_constructor_takes_long_is_told_of_while_the_start_waits()
    {
        var log = new Messages();
        var time = new FakeTimeProvider();
        var sentence = await FailAsync(silo =>
        {
            silo.Services.AddSingleton<TimeProvider>(time);
            silo.Services.AddLogging(logging => logging.AddProvider(log));
            silo.AddRaft(raft => raft.UseMemory()).AddRaftStateMachine<LedgerCommand, LedgerResult, Ponderous>("broken", 1, 1);
        });

        sentence.ShouldContain(nameof(Ponderous), "constructor", "at last");
        log.Log.Messages.ShouldContain(
            text =>
                text.Contains(nameof(Ponderous), StringComparison.Ordinal)
                    && text.Contains("its constructor has not come back", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_command_without_a_serializer() =>
        (
            await FailAsync<Unserializable, LedgerResult, Any<Unserializable, LedgerResult>>()).ShouldContain(nameof(
                Unserializable), "[GenerateSerializer]", "'broken'");

    [Fact]
    public async Task A_result_without_a_serializer() =>
        (
            await FailAsync<LedgerCommand, Unserializable, Any<LedgerCommand, Unserializable>>()).ShouldContain(nameof(
                Unserializable), "[GenerateSerializer]");

    [Fact]
    public async Task One_kind_of_command_without_a_serializer() =>
        (await FailAsync<Order, LedgerResult, Any<Order, LedgerResult>>()).ShouldContain(nameof(Sell), "[GenerateSerializer]");

    [Fact]
    public async Task A_command_whose_member_has_no_serializer() =>
        (await FailAsync<Wrapped, LedgerResult, Any<Wrapped, LedgerResult>>()).ShouldContain(
            nameof(Wrapped), nameof(Unserializable), "[GenerateSerializer]", "'broken'");

    [Fact]
    public async Task A_generic_command_of_what_has_no_serializer() =>
        (await FailAsync<Envelope<Unserializable>, LedgerResult, Any<Envelope<Unserializable>, LedgerResult>>())
            .ShouldContain(nameof(Unserializable), "[GenerateSerializer]", "'broken'");

    [Fact]
    public async Task A_codec_of_ones_own_that_asks_for_what_there_is_not() =>
        (await FailAsync(silo =>
        {
            silo.Services.AddSingleton<ICommandCodec<Unserializable>, NeedyCodec>();
            silo.AddRaft(
                raft => raft.UseMemory()).AddRaftStateMachine<Unserializable, Unserializable, Any<Unserializable, Unserializable>>("own", 1, 1);
        })).ShouldContain("codec", "'own'", nameof(Unserializable), nameof(ParcelOffice));

    [Fact]
    public async Task The_catalogue_twice()
    {
        var sentence = await FailAsync(silo => WithLedgers(silo).AddRaftCatalogue().AddRaftCatalogue());

        sentence.ShouldContain("AddRaftCatalogue", "once");
        sentence.Text.ShouldNotContain("AddRaftStateMachine");
    }

    /// <summary>What derives from them in the runtime is not what the application sends.</summary>
    [Fact]
    public async Task Types_of_the_runtime_itself_and_generic_ones_are_commands_and_results()
    {
        using var host = Build(silo => silo.AddRaft(raft => raft.UseMemory())
            .AddRaftStateMachine<object, IReadOnlyList<string>, Any<object, IReadOnlyList<string>>>("objects", 1, 1)
            .AddRaftStateMachine<Envelope<LedgerCommand>, IEnumerable<int>, Any<Envelope<LedgerCommand>, IEnumerable<int>>>("generic", 1, 1)
            .AddRaftStateMachine<byte[], string?, Any<byte[], string?>>("bytes", 1, 1)
            .AddRaftStateMachine<Empty, (int, string), Any<Empty, (int, string)>>("empty", 1, 1));

        await host.StartAsync(Token).WaitAsync(TimeSpan.FromMinutes(2), Token);
        await host.StopAsync(Token);
    }

    [Fact]
    public async Task A_codec_of_ones_own_needs_no_serializer()
    {
        using var host = Build(silo =>
        {
            silo.Services.AddSingleton<ICommandCodec<Unserializable>, TextCodec>();
            silo.AddRaft(
                raft => raft.UseMemory()).AddRaftStateMachine<Unserializable, Unserializable, Any<Unserializable, Unserializable>>("own", 1, 1);
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
    private static async Task<Sentence> FailAsync(
        Action<ISiloBuilder> configure, bool isClustered = true, params (string Name, string Value)[] settings)
    {
        var failure = await Should.ThrowAsync<Exception>(async () =>
        {
            using var host = Build(configure, isClustered, settings);
            await host.StartAsync(Token).WaitAsync(TimeSpan.FromMinutes(2), Token);
            await host.StopAsync(Token);
        });
        failure.ShouldNotBeOfType<TimeoutException>();
        return new Sentence(failure.Message);
    }

    private static IHost Build(Action<ISiloBuilder> configure, bool isClustered = true, params (string Name, string Value)[] settings)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(settings.Select(static setting => KeyValuePair.Create(setting.Name, (string?)setting.Value)));
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

            // The default takes 19 MB at each start.
            silo.Configure<GrainDirectoryOptions>(static options => options.CacheSize = 1_000);
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

    /// <summary>What is logged while a host starts.</summary>
    private sealed class Messages : ILoggerProvider
    {
        public MessageLog Log { get; } = new();

        public ILogger CreateLogger(string categoryName) => Log;

        public void Dispose()
        {
        }
    }

    [Alias("start.INote")]
    internal interface INote : IReplicatedGrain
    {
        [Alias("Write")]
        Task Write(string text);
    }

    internal sealed class NoteState
    {
        public string Text { get; set; } = "";
    }

    [Alias("start.Note")]
    internal sealed class Note : ReplicatedGrain<NoteState>, INote
    {
        public Task Write(string text)
        {
            State.Text = text;
            return Task.CompletedTask;
        }
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

    /// <summary>Writes its state as ten digits, and reads none.</summary>
    internal sealed class Forgetful : Machine<LedgerCommand, LedgerResult>
    {
        public override void Capture(IBufferWriter<byte> output) => output.Write("0000000000"u8);

        public override void Restore(ReadOnlyMemory<byte> snapshot) => _ = snapshot.IsEmpty ? 0 : throw new FormatException("a number of ten digits");
    }

    /// <summary>Counts how often it was restored, and takes that for its state.</summary>
    internal sealed class Restless : Machine<LedgerCommand, LedgerResult>
    {
        private byte times;

        public override void Capture(IBufferWriter<byte> output) => output.Write([times]);

        public override void Restore(ReadOnlyMemory<byte> snapshot) => times = snapshot.IsEmpty ? (byte)0 : (byte)(snapshot.Span[0] + 1);
    }

    internal sealed class Random : Machine<LedgerCommand, LedgerResult>
    {
        public override void Capture(IBufferWriter<byte> output) => output.Write(Guid.NewGuid().ToByteArray());
    }

    internal sealed class Immortal : Machine<LedgerCommand, LedgerResult>, IDisposable
    {
        public void Dispose() => throw new InvalidOperationException("not yet");
    }

    internal sealed class Scoped : Machine<LedgerCommand, LedgerResult>, IRequestScopes
    {
        public ReadOnlySpan<byte> ScopeOf(ReadOnlySpan<byte> requestId) => requestId[..requestId.IndexOf((byte)'/')];
    }

    internal sealed class Curious(IOptions<RaftOptions> options) : Machine<LedgerCommand, LedgerResult>
    {
        public RaftOptions Options { get; } = options.Value;
    }

    internal sealed class Ponderous : Machine<LedgerCommand, LedgerResult>
    {
        public Ponderous(TimeProvider time)
        {
            ((FakeTimeProvider)time).Advance(TimeSpan.FromSeconds(10));
            throw new NotSupportedException("at last");
        }
    }

    internal sealed class NeedyCodec(ParcelOffice office) : ICommandCodec<Unserializable>
    {
        public ParcelOffice Office { get; } = office;

        public void Write(Unserializable value, IBufferWriter<byte> output) => throw new NotSupportedException();

        public Unserializable Read(ReadOnlyMemory<byte> bytes) => throw new NotSupportedException();
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

/// <summary>A command with a member that lacks its attribute.</summary>
[GenerateSerializer, Alias("test-wrapped")]
public sealed record Wrapped([property: Id(0)] Unserializable Content);

[GenerateSerializer, Alias("test-envelope`1")]
public sealed record Envelope<T>([property: Id(0)] T Content);

/// <summary>A command that says all by its type.</summary>
[GenerateSerializer, Alias("test-empty")]
public sealed class Empty;
