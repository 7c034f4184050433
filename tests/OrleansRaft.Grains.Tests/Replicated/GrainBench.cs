using System.Buffers;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using OrleansRaft.Client;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.ReplicatedGrains.Calls;
using OrleansRaft.ReplicatedGrains.Execution;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Grains.Tests.Replicated;

/// <summary>
/// One group of replicated grains without silos: calls pass through proxies, codecs and the log of two replicas. One keeps what it has as objects,
/// the other is made anew from a snapshot before each entry, so all of it is bytes. They must answer alike, and hold the same.
/// </summary>
internal sealed class GrainBench : IGrainCluster, IRaftRouter<GrainCall, GrainAnswer>
{
    public const string SetName = "bench";

    private static readonly Term Term = new(3);

    private readonly GrainCallCodec calls;
    private LogIndex last;
    private long time = 1_000;

    public GrainBench(Action<ReplicatedGrainSetBuilder> configure, Action<IServiceCollection>? register = null)
        : this(Build(configure), register)
    {
    }

    private GrainBench(GrainSet set, Action<IServiceCollection>? register = null)
    {
        var services = new ServiceCollection().AddSerializer();
        register?.Invoke(services);
        Bound = new BoundSet(set, services.BuildServiceProvider());
        calls = new GrainCallCodec(Tools.Serializer, null);
        Warm = Make();
        Cold = Make();
    }

    public BoundSet Bound { get; }

    public CallTools Tools => Bound.Tools;

    public (GrainMachine Machine, StateMachineHost<GrainCall, GrainAnswer> Host) Warm { get; private set; }

    public (GrainMachine Machine, StateMachineHost<GrainCall, GrainAnswer> Host) Cold { get; private set; }

    /// <summary>What calls are answered with, in place of what replicas answer.</summary>
    public Queue<Outcome<GrainAnswer>> Scripted { get; } = [];

    /// <summary>The request ids under which commands came.</summary>
    public List<string?> RequestIds { get; } = [];

    /// <summary>The consistencies with which reads came.</summary>
    public List<ReadConsistency> Reads { get; } = [];

    /// <summary>How long the last command was in the log, in bytes.</summary>
    public int CommandBytes { get; private set; }

    public static GrainBench Of<TGrain>()
        where TGrain : ReplicatedGrain => new(static grains => grains.Add<TGrain>());

    /// <summary>With one of several programs, which keep the states of a class under one name.</summary>
    public static GrainBench Of<TGrain>(string name)
        where TGrain : ReplicatedGrain =>
        new(new GrainSet(SetName, [GrainClass.Of(typeof(TGrain), name)], newest: null, oldest: 1, verifiesCalls: false));

    public TGrain Grain<TGrain>(string key)
        where TGrain : class, IReplicatedGrain => Grain<TGrain>(key, key);

    public TGrain Grain<TGrain>(string partition, string key)
        where TGrain : class, IReplicatedGrain =>
        Tools.Proxies.Create<TGrain>(new GroupTarget(this, GrainInterface.Of(typeof(TGrain)), partition, key, CallOptions.Default));

    public ValueTask<string?> FindSetAsync(GrainInterface type) => new(Bound.Set.Find(type.Type) is null ? null : SetName);

    public IRaftRouter<GrainCall, GrainAnswer> RouterTo(string set) => this;

    public Task<Outcome<GrainAnswer>> SubmitAsync(string key, GrainCall command, string? requestId)
    {
        RequestIds.Add(requestId);
        return Task.FromResult(Scripted.TryDequeue(out var scripted) ? scripted : Submit(key, command, requestId));
    }

    public Task<Outcome<GrainAnswer>> QueryAsync(string key, GrainCall query, ReadConsistency consistency)
    {
        Reads.Add(consistency);
        if (Scripted.TryDequeue(out var scripted))
        {
            return Task.FromResult(scripted);
        }

        var envelope = new QueryEnvelope(key, Encode(query)) { Needs = Math.Max(1, query.Needs) };
        var (warm, cold) = (Warm.Host.Query(envelope), Cold.Host.Query(envelope));
        RequireSame(warm, cold);
        return Task.FromResult(OutcomeOf(warm));
    }

    public Task<Outcome<GrainAnswer>> QueryGroupAsync(int number, GrainCall query, ReadConsistency consistency) => throw new NotSupportedException();

    public Task<int> CountGroupsAsync() => Task.FromResult(1);

    /// <summary>The stamps of entries from now on; none while the cluster works at feature level 1.</summary>
    public UtcTime Utc { get; set; }

    /// <summary>Goes on with the group's time.</summary>
    public void Pass(TimeSpan span) => time += (long)span.TotalMilliseconds;

    /// <summary>Raises the version that is in force.</summary>
    public void Raise(int version)
    {
        Apply(EntryKind.Raise, RaiseCodec.Encode(version));
    }

    /// <summary>Changes how large the state of the group may be, as a leader does whose operator says so.</summary>
    public void Limit(long stateBytes) =>
        Apply(EntryKind.Command, CommandEnvelopeCodec.EncodeLimits(Warm.Host.Limits with { StateBytesMax = stateBytes }));

    /// <summary>Starts the replicas anew from the snapshots that those of another program wrote.</summary>
    public GrainBench RestoredFrom(GrainBench former)
    {
        Warm.Host.Restore(former.Warm.Host.Capture());
        Cold.Host.Restore(former.Cold.Host.Capture());
        (last, time) = (former.last, former.time);
        RequireSameState();
        return this;
    }

    /// <summary>A replica that is made anew from the snapshot of another, whatever it wrote in its life.</summary>
    public void RequireSameState()
    {
        Cold.Machine.StateDigest.ShouldBe(Warm.Machine.StateDigest);
        Cold.Machine.StateBytes.ShouldBe(Warm.Machine.StateBytes);
        Cold.Host.Capture().Span.SequenceEqual(Warm.Host.Capture().Span).ShouldBeTrue("equal states write equal bytes");
    }

    private static GrainSet Build(Action<ReplicatedGrainSetBuilder> configure)
    {
        var builder = new ReplicatedGrainSetBuilder();
        configure(builder);
        return builder.Build(SetName);
    }

    private (GrainMachine Machine, StateMachineHost<GrainCall, GrainAnswer> Host) Make()
    {
        var machine = new GrainMachine(Bound);
        return (machine, new StateMachineHost<GrainCall, GrainAnswer>(
            machine, new GrainCallCodec(Tools.Serializer, Bound.Set), new GrainAnswerCodec()) { Program = Bound.Set.Program });
    }

    private ReadOnlyMemory<byte> Encode(GrainCall call)
    {
        var output = new ArrayBufferWriter<byte>();
        calls.Write(call, output);
        return output.WrittenMemory;
    }

    private Outcome<GrainAnswer> Submit(string key, GrainCall command, string? requestId)
    {
        var body = Encode(command);
        CommandBytes = body.Length;
        var id = requestId ?? $"bench-{last.Value}";
        var envelope = CommandEnvelopeCodec.Encode(CommandEnvelope.ForRequest(key, body, new LogTime(time + 60_000), id) with
        {
            Needs = Math.Max(1, command.Needs),
            Identity = command.Identity,
        });
        return Warm.Host.Reject(envelope) is { } problem
            ? new Rejected<GrainAnswer>(RejectionReason.InvalidRequest, null, TimeSpan.Zero, problem)
            : OutcomeOf(Apply(EntryKind.Command, envelope));
    }

    private Reply Apply(EntryKind kind, ReadOnlyMemory<byte> body)
    {
        var snapshot = Cold.Host.Capture();
        Cold = Make();
        Cold.Host.Restore(snapshot);
        last = last.Next;
        time++;
        Entry[] entries = [new Entry(new EntryId(Term, last), kind, new LogTime(time), body) { Utc = Utc }];
        var (warm, cold) = (new Reply[1], new Reply[1]);
        Warm.Host.Apply(entries, warm);
        Cold.Host.Apply(entries, cold);
        RequireSame(warm[0], cold[0]);
        RequireSameState();
        return warm[0];
    }

    private static void RequireSame(in Reply warm, in Reply cold)
    {
        cold.Kind.ShouldBe(warm.Kind);
        cold.Reason.ShouldBe(warm.Reason);
        cold.Body.Span.SequenceEqual(warm.Body.Span).ShouldBeTrue("replicas answer alike");
    }

    private static Outcome<GrainAnswer> OutcomeOf(in Reply reply) => reply.Kind == ReplyKind.Committed
        ? new Committed<GrainAnswer>(new GrainAnswerCodec().Read(reply.Body), reply.Entry, $"{SetName}-0")
        : new Rejected<GrainAnswer>(reply.Reason, null, TimeSpan.Zero, reply.Detail);
}
