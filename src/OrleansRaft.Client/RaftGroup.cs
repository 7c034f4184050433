using OrleansRaft.Client;
using OrleansRaft.Runtime;

namespace OrleansRaft;

/// <summary>The group that keeps one key: a thin facade, made by <see cref="RaftGrainFactoryExtensions.GetRaftGroup{TCommand, TResult}"/>.</summary>
/// <typeparam name="TCommand">Commands and queries of the state machine.</typeparam>
/// <typeparam name="TResult">Its answers.</typeparam>
public readonly struct RaftGroup<TCommand, TResult>
{
    private readonly IRaftRouter<TCommand, TResult>? router;
    private readonly string? key;

    internal RaftGroup(IRaftRouter<TCommand, TResult> router, string key)
    {
        this.router = router;
        this.key = key;
    }

    /// <summary>The key that chose the group.</summary>
    public string Key => key ?? "";

    private IRaftRouter<TCommand, TResult> Router => router ?? throw new InvalidOperationException(
        $"This {nameof(RaftGroup<,>)} is a default value and reaches no group; make it with {nameof(RaftGrainFactoryExtensions.GetRaftGroup)}.");

    /// <summary>Submits a command, and waits until it is applied, refused, or the deadline of <c>Raft:SubmitTimeout</c> passes.</summary>
    /// <param name="command">What to apply.</param>
    /// <param name="requestId">
    /// 1 to 512 characters by which the command is applied at most once, however often it is submitted. Without one, the library still retries safely
    /// by itself, but a call repeated by the caller is another command.
    /// </param>
    /// <param name="cancellation">
    /// Stops waiting. A token that is cancelled before the call lets nothing be sent. One that is cancelled during the call does not take the command
    /// back: it may have been applied or may still be, and only a repetition under the same <paramref name="requestId"/> tells.
    /// </param>
    /// <returns>
    /// How it ended; never an exception for what happens to the cluster. A command that cannot be serialized, or whose key or request id is out of
    /// bounds, is a <see cref="Rejected{TResult}"/> with <see cref="RejectionReason.InvalidRequest"/>.
    /// </returns>
    /// <exception cref="ArgumentNullException">The command is null; nothing was sent.</exception>
    /// <exception cref="InvalidCastException">The set has commands or results of another type; nothing was applied.</exception>
    /// <exception cref="InvalidOperationException">This value was not made by <see cref="RaftGrainFactoryExtensions.GetRaftGroup{TCommand,
    /// TResult}"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<Outcome<TResult>> SubmitAsync(TCommand command, string? requestId = null, CancellationToken cancellation = default)
    {
        var target = Router;
        RequestRules.RequireValue(command, nameof(command));
        cancellation.ThrowIfCancellationRequested();
        return await target.SubmitAsync(Key, command, requestId).WaitAsync(cancellation).ConfigureAwait(true);
    }

    /// <summary>Answers a query from the group's state.</summary>
    /// <param name="query">What to ask.</param>
    /// <param name="consistency">What the answer may miss.</param>
    /// <param name="cancellation">Stops waiting. A token that is cancelled before the call lets nothing be sent.</param>
    /// <returns>How it ended; a query that was not answered is a <see cref="Rejected{TResult}"/>, since it changed nothing.</returns>
    /// <exception cref="ArgumentNullException">The query is null.</exception>
    /// <exception cref="InvalidCastException">The set has commands or results of another type.</exception>
    /// <exception cref="InvalidOperationException">This value was not made by <see cref="RaftGrainFactoryExtensions.GetRaftGroup{TCommand,
    /// TResult}"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<Outcome<TResult>> QueryAsync(
        TCommand query, ReadConsistency consistency = ReadConsistency.Linearizable, CancellationToken cancellation = default)
    {
        var target = Router;
        RequestRules.RequireValue(query, nameof(query));
        cancellation.ThrowIfCancellationRequested();
        return await target.QueryAsync(Key, query, consistency).WaitAsync(cancellation).ConfigureAwait(true);
    }
}
