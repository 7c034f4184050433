using OrleansRaft.Counters;

namespace OrleansRaft.Benchmarks.Users;

/// <summary>
/// Counters as if a user had written them: the same code, of which nobody knows that its time is bounded, so that it has threads of its own.
/// </summary>
public sealed class UserCounterMachine : IViewStateMachine<CounterCommand, CounterResult>, IMeasuredState, IRequestScopes
{
    /// <summary>The name of its set of groups.</summary>
    public const string SetName = "users";

    private readonly CounterMachine counters = new();

    /// <inheritdoc/>
    public long StateBytes => counters.StateBytes;

    /// <inheritdoc/>
    public long StateKeys => counters.StateKeys;

    /// <inheritdoc/>
    public UInt128 StateDigest => counters.StateDigest;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> ScopeOf(ReadOnlySpan<byte> requestId) => counters.ScopeOf(requestId);

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<Command<CounterCommand>> commands, Span<CounterResult> results) => counters.Apply(commands, results);

    /// <inheritdoc/>
    public CounterResult Query(in Command<CounterCommand> query) => counters.Query(query);

    /// <inheritdoc/>
    public IStateView TakeView() => counters.TakeView();

    /// <inheritdoc/>
    public void Restore(Stream snapshot) => counters.Restore(snapshot);
}
