using System.Buffers;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using OrleansRaft.Lab;
using OrleansRaft.ReplicatedGrains.Calls;
using OrleansRaft.ReplicatedGrains.Execution;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Grains.Tests.Replicated.Simulated;

/// <summary>
/// One seed: a group of replicated grains on three nodes under a virtual clock, with two builds of its program, clients, and faults. Every entry is
/// compared with a model, on every replica that applies it, and every answer with what was applied; a call that ended before another began comes
/// first in the log.
/// </summary>
internal sealed class VaultRun : IDisposable
{
    private const string Group = "vaults-0";
    private const int Clients = 4;
    private const int NewBuild = 2;

    private static readonly TimeSpan Length = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly ServiceProvider Services = new ServiceCollection().AddSerializer().BuildServiceProvider();
    private static readonly BoundSet OldProgram = Bind(typeof(OldVault));
    private static readonly BoundSet NewProgram = Bind(typeof(NewVault));

    private readonly Random random;
    private readonly LabCluster cluster;
    private readonly VaultModel model = new();
    private readonly Dictionary<string, VaultOperation> operations = [];
    private readonly Dictionary<LogIndex, (string Id, int Version, GrainAnswer Answer, string Text)> applied = [];
    private readonly Dictionary<string, LogIndex> entries = [];
    private readonly Dictionary<int, ObservedMachine> machines = [];
    private readonly int[] builds;
    private LogIndex acknowledged;
    private LogTime time;
    private bool isOver;
    private int running;

    public VaultRun(int seed, Bug bug)
    {
        Bug = bug;
        random = new Random(seed);
        builds = [NewBuild, .. Enumerable.Range(0, 2).Select(_ => random.Next(1, 3))];
        cluster = new LabCluster(new LabOptions
        {
            Seed = (ulong)seed,
            Groups = [Group],
            TellsLosses = true,
            RunsMachinesApart = true,
            Raft = new RaftOptions
            {
                QuiesceTicks = 0,
                RoundBytesMin = 0,
                SnapshotThresholdBytes = 4_096,
                KeptEntries = 4,
                KeptBytesMax = 1_024,
            },
            StateMachine = (_, node) => Host(node),
        });
    }

    public Bug Bug { get; }

    /// <summary>What is wrong; null when nothing is.</summary>
    public string? Problem { get; private set; }

    public int Acknowledged { get; private set; }

    public int Threw { get; private set; }

    public int Upgraded { get; private set; }

    public void Dispose() => cluster.Dispose();

    /// <summary>Runs it to its end.</summary>
    public void Run()
    {
        for (var client = 0; client < Clients; client++)
        {
            Begin(client, 0);
        }

        ScheduleFault();
        cluster.RunUntil(() => Problem is not null, Length);
        isOver = true;
        cluster.Heal();
        foreach (var node in cluster.Nodes)
        {
            builds[node.Index] = NewBuild;
            node.Resume();
            node.Crash();
            node.Restart();
        }

        var isEven = cluster.RunUntil(() => Problem is not null || (running == 0 && IsEven()), TimeSpan.FromSeconds(30));
        Problem ??= cluster.Violation is { } violation ? $"{violation}" : isEven ? null : "the group did not converge";
        if (Problem is null && machines.Values.Select(static machine => machine.StateDigest).Distinct().Count() != 1)
        {
            Problem = "replicas that applied the same entries hold different states";
        }
    }

    public VaultOperation OperationOf(ReadOnlyMemory<byte> requestId) => operations[Encoding.UTF8.GetString(requestId.Span)];

    public byte[] Bytes(long value) => NewProgram.Tools.Serializer.SerializeToArray(value);

    /// <summary>An operation as a call; one that is read is as a replica has it.</summary>
    public GrainCall CallOf(VaultOperation operation, bool isRead)
    {
        var recorder = new Recorder(NewProgram.Tools);
        _ = operation.Call(NewProgram.Tools.Proxies.Create<IVault>(recorder));
        var request = recorder.Request!;
        return new GrainCall
        {
            Key = operation.Key,
            Read = isRead ? request : null,
            Request = NewProgram.Tools.Serializer.SerializeToArray<object>(request),
            Needs = CallMethod.Of(request).NeededBy(request),
        };
    }

    /// <summary>A replica has applied an entry.</summary>
    public void OnApplied(int node, EntryId entry, VaultOperation operation, int version, GrainAnswer answer)
    {
        var text = Read(answer);
        if (applied.TryGetValue(entry.Index, out var first))
        {
            if ((first.Id, first.Version, first.Text) != (operation.Id, version, text))
            {
                Fail($"node {node} made {text} of {operation.Id} at {entry} in version {version}, another {first.Text} of {first.Id} in version "
                    + $"{first.Version}");
            }

            return;
        }

        if (!entries.TryAdd(operation.Id, entry.Index))
        {
            Fail($"{operation.Id} was applied at {entries[operation.Id]} and at {entry}");
        }

        Threw += answer.Kind == GrainAnswerKind.Threw ? 1 : 0;
        Upgraded += version == NewBuild ? 1 : 0;
        applied.Add(entry.Index, (operation.Id, version, answer, text));
        var expected = model.Apply(entry.Index, operation, version) is { } value ? $"{value}" : "threw";
        if (text != expected)
        {
            Fail($"{operation} at {entry} in version {version} was {text} and should be {expected}");
        }
    }

    private static BoundSet Bind(Type type) => new(
        new GrainSet("vaults", [GrainClass.Of(type, "sim.Vault")], newest: null, oldest: 1, verifiesCalls: false), Services);

    private static string Read(GrainAnswer answer) => answer.Kind switch
    {
        GrainAnswerKind.Returned => $"{NewProgram.Tools.Serializer.Deserialize<long>(answer.Body)}",
        GrainAnswerKind.Threw => "threw",
        _ => $"refused: {answer.ReadRefusal().Sentence}",
    };

    private StateMachineHost<GrainCall, GrainAnswer> Host(int node)
    {
        var program = builds[node] == NewBuild ? NewProgram : OldProgram;
        var machine = new ObservedMachine(new GrainMachine(program), this, node, builds[node]);
        machines[node] = machine;
        return new StateMachineHost<GrainCall, GrainAnswer>(
            machine, new GrainCallCodec(program.Tools.Serializer, program.Set), new GrainAnswerCodec()) { Program = program.Set.Program };
    }

    private void Begin(int client, int number)
    {
        if (isOver)
        {
            return;
        }

        running++;
        var operation = new VaultOperation(
            $"{client}-{number}",
            (VaultAction)random.Next(5),
            Pick(VaultOperation.Partitions),
            Pick(VaultOperation.Keys),
            Pick(VaultOperation.Keys),
            random.Next(1, 20));
        if (operation.Key == operation.To)
        {
            operation = operation with { To = VaultOperation.Keys.First(key => key != operation.Key) };
        }

        operations.Add(operation.Id, operation);
        Attempt(client, number, operation, CallOf(operation, isRead: false), acknowledged);
    }

    private void Attempt(int client, int number, VaultOperation operation, GrainCall call, LogIndex after)
    {
        var isAnswered = false;
        var sent = operation.IsRead ? Ask(operation, call, Settle) : Submit(operation, call, Settle);
        cluster.Clock.Schedule(sent ? Patience : TimeSpan.FromMilliseconds(50), () => Settle(Reply.Unknown("too late")));

        void Settle(Reply reply)
        {
            if (isAnswered)
            {
                return;
            }

            isAnswered = true;
            if (reply.Kind == ReplyKind.Committed)
            {
                OnAnswered(operation, reply, after);
                End(client, number);
            }
            else if (reply is { Kind: ReplyKind.Rejected, Reason: RejectionReason.VersionNotRaised } or { Reason: RejectionReason.SessionTableFull })
            {
                End(client, number);
            }
            else
            {
                cluster.Clock.Schedule(TimeSpan.FromMilliseconds(random.Next(5, 60)), () => Attempt(client, number, operation, call, after));
            }
        }
    }

    private void End(int client, int number)
    {
        running--;
        cluster.Clock.Schedule(TimeSpan.FromMilliseconds(random.Next(1, 40)), () => Begin(client, number + 1));
    }

    private bool Submit(VaultOperation operation, GrainCall call, Action<Reply> answer)
    {
        var envelope = CommandEnvelope.ForRequest(operation.Partition, Encode(call), new LogTime(time.Value + 60_000), operation.Id) with
        {
            Needs = call.Needs,
        };
        return cluster.Submit(Group, Target(), [CommandEnvelopeCodec.Encode(envelope)], batch => Take(batch, answer));
    }

    private bool Ask(VaultOperation operation, GrainCall call, Action<Reply> answer) => cluster.Query(
        Group,
        Bug == Bug.ReadsAnywhere ? Anybody() : Target(),
        [new QueryEnvelope(operation.Partition, Encode(call)) { Needs = call.Needs }],
        Bug == Bug.ReadsAnywhere ? ReadConsistency.Stale : ReadConsistency.Linearizable,
        batch => Take(batch, answer));

    private void Take(ReplyBatch batch, Action<Reply> answer)
    {
        time = LogTime.Max(time, batch.Time);
        answer(batch.Replies[0]);
    }

    private void OnAnswered(VaultOperation operation, in Reply reply, LogIndex after)
    {
        Acknowledged++;
        var text = Read(new GrainAnswerCodec().Read(reply.Body));
        var index = reply.Entry.Index;
        if (operation.IsRead)
        {
            if (index < after)
            {
                Fail($"{operation} saw entry {index}, and {after} was acknowledged before it began");
            }
            else if (text != $"{model.Read(index, operation)}")
            {
                Fail($"{operation} was {text} after entry {index} and should be {model.Read(index, operation)}");
            }
        }
        else if (!applied.TryGetValue(index, out var seen) || seen.Id != operation.Id || seen.Text != text)
        {
            Fail(
                $"{operation} was answered with {text} of entry {index}, where "
                    + $"{(seen.Id is null ? "nothing was applied" : $"{seen.Id} was {seen.Text}")}");
        }
        else if (index <= after)
        {
            Fail($"{operation} is entry {index}, and {after} was acknowledged before it began");
        }

        acknowledged = index > acknowledged ? index : acknowledged;
    }

    private void ScheduleFault() => cluster.Clock.Schedule(TimeSpan.FromMilliseconds(random.Next(200, 1_200)), () =>
    {
        if (isOver)
        {
            return;
        }

        var node = cluster.Nodes[random.Next(cluster.Nodes.Count)];
        switch (random.Next(4))
        {
            case 0:
                node.Crash();
                cluster.Clock.Schedule(TimeSpan.FromMilliseconds(random.Next(50, 1_500)), () =>
                {
                    builds[node.Index] = random.Next(4) == 0 ? 1 : NewBuild;
                    node.Restart();
                });
                break;
            case 1:
                cluster.Network.Isolate(node.Index);
                cluster.Clock.Schedule(TimeSpan.FromMilliseconds(random.Next(50, 2_000)), cluster.Heal);
                break;
            case 2:
                node.Pause();
                cluster.Clock.Schedule(TimeSpan.FromMilliseconds(random.Next(50, 1_000)), node.Resume);
                break;
            default:
                cluster.LeaderOf(Group)?.TransferLeadership(null, new Ignored());
                break;
        }

        ScheduleFault();
    });

    private bool IsEven() => cluster.LeaderOf(Group) is { } leader
        && cluster.ReplicasOf(Group).Count(replica => replica.AppliedIndex == leader.AppliedIndex) == cluster.Nodes.Count
        && machines.Values.All(static machine => machine.Version == NewBuild);

    private ReplicaId Target() => random.Next(5) == 0 || cluster.LeaderOf(Group) is not { } leader ? Anybody() : leader.Key.Replica;

    private ReplicaId Anybody() => new(random.Next(1, 4));

    private string Pick(string[] names) => names[random.Next(names.Length)];

    private static ReadOnlyMemory<byte> Encode(GrainCall call)
    {
        var output = new ArrayBufferWriter<byte>();
        new GrainCallCodec(NewProgram.Tools.Serializer, null).Write(call, output);
        return output.WrittenMemory;
    }

    private void Fail(string problem) => Problem ??= problem;

    private sealed class Ignored : IReplySink
    {
        public void OnReplied(ReplyBatch batch)
        {
        }
    }

    private sealed class Recorder(CallTools tools) : ReplicatedGrainTarget(tools)
    {
        public IRequest? Request { get; private set; }

        internal override ValueTask<T> InvokeAsync<T>(IRequest request)
        {
            Request = request;
            return default;
        }

        internal override ValueTask InvokeAsync(IRequest request) => default;

        internal override ReplicatedGrainTarget With(Func<CallOptions, CallOptions> change) => this;
    }
}
