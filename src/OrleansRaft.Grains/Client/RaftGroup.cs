using OrleansRaft.Runtime;

namespace OrleansRaft.Grains;

/// <summary>The group that keeps one key: a thin facade, made by <see cref="RaftGrainFactoryExtensions.GetRaftGroup{TCommand, TResult}"/>.</summary>
/// <typeparam name="TCommand">Commands and queries of the state machine.</typeparam>
/// <typeparam name="TResult">Its answers.</typeparam>
public readonly struct RaftGroup<TCommand, TResult>
{
    private readonly IRouterDoor<TCommand, TResult> router;

    internal RaftGroup(IRouterDoor<TCommand, TResult> router, string key)
    {
        this.router = router;
        Key = key;
    }

    /// <summary>The key that chose the group.</summary>
    public string Key { get; }

    /// <summary>Submits a command, and waits until it is applied, refused, or the deadline of <c>Raft:RequestTimeout</c> passes.</summary>
    /// <param name="command">What to apply.</param>
    /// <param name="requestId">
    /// 1 to 512 characters by which the command is applied at most once, however often it is submitted. Without one, the library still retries safely
    /// by itself, but a call repeated by the caller is another command.
    /// </param>
    /// <param name="cancellation">Stops waiting; the command may still be applied.</param>
    /// <returns>How it ended; never an exception for what happens to the cluster.</returns>
    public Task<Outcome<TResult>> SubmitAsync(TCommand command, string? requestId = null, CancellationToken cancellation = default) =>
        RouterCalls.GuardAsync(router.SubmitAsync(Key, command, requestId), isCommand: true, cancellation);

    /// <summary>Answers a query from the group's state.</summary>
    /// <param name="query">What to ask.</param>
    /// <param name="consistency">What the answer may miss.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>How it ended; a query that was not answered is a <see cref="Rejected{TResult}"/>, since it changed nothing.</returns>
    public Task<Outcome<TResult>> QueryAsync(
        TCommand query, ReadConsistency consistency = ReadConsistency.Linearizable, CancellationToken cancellation = default) =>
        RouterCalls.GuardAsync(router.QueryAsync(Key, query, consistency), isCommand: false, cancellation);
}
