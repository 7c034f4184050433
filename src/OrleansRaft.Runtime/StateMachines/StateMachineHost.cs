using OrleansRaft.Core;
using OrleansRaft.Runtime.Sessions;

namespace OrleansRaft.Runtime.StateMachines;

/// <summary>Hosts a typed state machine: decodes commands, applies each request once, encodes results, and captures state and sessions together.</summary>
/// <typeparam name="TCommand">Commands and queries.</typeparam>
/// <typeparam name="TResult">Answers to both.</typeparam>
public sealed class StateMachineHost<TCommand, TResult> : IStateMachineHost
{
    /// <summary>Hosts <paramref name="machine"/>, which is in its initial state.</summary>
    /// <param name="machine">The user's state machine.</param>
    /// <param name="commands">Reads commands and queries.</param>
    /// <param name="results">Writes results.</param>
    public StateMachineHost(IStateMachine<TCommand, TResult> machine, ICommandCodec<TCommand> commands, ICommandCodec<TResult> results)
    {
        throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public EntryId AppliedEntry => throw new NotSupportedException();

    /// <inheritdoc/>
    public LogTime AppliedTime => throw new NotSupportedException();

    /// <inheritdoc/>
    public SessionLimits Limits => throw new NotSupportedException();

    /// <inheritdoc/>
    public string? Refuse(ReadOnlyMemory<byte> envelope) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Apply(IReadOnlyList<Entry> entries, Span<Reply> replies) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Reply Query(in QueryEnvelope query) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Capture() => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Restore(ReadOnlyMemory<byte> state) => throw new NotSupportedException();
}
