using OrleansRaft.ReplicatedGrains.Calls;
using OrleansRaft.ReplicatedGrains.Execution;

namespace OrleansRaft.Grains.Tests.Replicated.Simulated;

/// <summary>A machine of replicated grains whose every step is seen, in one of two builds, and with a bug where one is planted.</summary>
internal sealed class ObservedMachine(GrainMachine inner, VaultRun run, int node, int build)
    : IViewStateMachine<GrainCall, GrainAnswer>, IMeasuredState, IVersionedStateMachine
{
    public int Build => build;

    public long StateBytes => inner.StateBytes;

    public long StateKeys => inner.StateKeys;

    public UInt128 StateDigest => inner.StateDigest;

    public int NewestVersion => build;

    public int Version
    {
        get;
        set
        {
            field = value;
            inner.Version = run.Bug == Bug.IgnoresVersion ? build : value;
        }
    } = 1;

    public void Upgrade(int from, int to) => inner.Upgrade(from, to);

    public void Apply(ReadOnlySpan<Command<GrainCall>> commands, Span<GrainAnswer> results)
    {
        for (var i = 0; i < commands.Length; i++)
        {
            var operation = run.OperationOf(commands[i].RequestId);
            inner.Apply(commands.Slice(i, 1), results.Slice(i, 1));
            if (Extra(operation, results[i]) is { } extra)
            {
                var ignored = new GrainAnswer[1];
                inner.Apply([commands[i] with { Value = run.CallOf(extra, isRead: true) }], ignored);
            }

            if (run.Bug == Bug.SwallowsExceptions && results[i].Kind == GrainAnswerKind.Threw)
            {
                results[i] = new GrainAnswer { Body = run.Bytes(0) };
            }

            run.OnApplied(node, commands[i].Entry, operation, Version, results[i]);
        }
    }

    public GrainAnswer Query(in Command<GrainCall> query) => inner.Query(query);

    public IStateView TakeView() => inner.TakeView();

    public void Restore(Stream snapshot)
    {
        inner.Restore(snapshot);
        if (run.Bug == Bug.ForgetsOnRestore)
        {
            inner.Restore(new MemoryStream([]));
        }
    }

    private VaultOperation? Extra(VaultOperation operation, GrainAnswer answer) => run.Bug switch
    {
        Bug.KeepsWhatThrew when operation.Action == VaultAction.Move && answer.Kind == GrainAnswerKind.Threw =>
            operation with { Action = VaultAction.Put, Key = operation.To },
        Bug.ChangesHalf when operation.Action == VaultAction.Move && node == 1 => operation with { Action = VaultAction.Put, Key = operation.To },
        _ => null,
    };
}
