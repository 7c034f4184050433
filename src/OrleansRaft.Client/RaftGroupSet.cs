using OrleansRaft.Client;
using OrleansRaft.Runtime;

namespace OrleansRaft;

/// <summary>
/// All groups of one set, for requests that go to each of them: a thin facade, made by <see
/// cref="RaftGrainFactoryExtensions.GetRaftGroupSet{TCommand, TResult}"/>.
/// </summary>
/// <typeparam name="TCommand">Commands and queries of the state machine.</typeparam>
/// <typeparam name="TResult">Its answers.</typeparam>
public readonly struct RaftGroupSet<TCommand, TResult>
{
    private readonly IRaftRouter<TCommand, TResult>? router;

    internal RaftGroupSet(IRaftRouter<TCommand, TResult> router) => this.router = router;

    private IRaftRouter<TCommand, TResult> Router => router ?? throw new InvalidOperationException(
        $"This {nameof(RaftGroupSet<,>)} is a default value and reaches no groups; "
        + $"make it with {nameof(RaftGrainFactoryExtensions.GetRaftGroupSet)}.");

    /// <summary>How many groups the set has; 0 when the cluster has no set of that name.</summary>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="InvalidOperationException">This value was not made by <see cref="RaftGrainFactoryExtensions.GetRaftGroupSet{TCommand,
    /// TResult}"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<int> CountGroupsAsync(CancellationToken cancellation = default)
    {
        var target = Router;
        cancellation.ThrowIfCancellationRequested();
        return await target.CountGroupsAsync().WaitAsync(cancellation).ConfigureAwait(true);
    }

    /// <summary>Answers a query from the state of one group, whatever keys it holds.</summary>
    /// <param name="number">The group's number, from 0.</param>
    /// <param name="query">What to ask; the state machine sees an empty key.</param>
    /// <param name="consistency">What the answer may miss.</param>
    /// <param name="cancellation">Stops waiting. A token that is cancelled before the call lets nothing be sent.</param>
    /// <returns>How it ended, as for <see cref="RaftGroup{TCommand, TResult}.QueryAsync"/>.</returns>
    /// <exception cref="ArgumentNullException">The query is null.</exception>
    /// <exception cref="InvalidCastException">The set has commands or results of another type.</exception>
    /// <exception cref="InvalidOperationException">This value was not made by <see cref="RaftGrainFactoryExtensions.GetRaftGroupSet{TCommand,
    /// TResult}"/>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<Outcome<TResult>> QueryGroupAsync(
        int number, TCommand query, ReadConsistency consistency = ReadConsistency.Linearizable, CancellationToken cancellation = default)
    {
        var target = Router;
        RequestRules.RequireValue(query, nameof(query));
        cancellation.ThrowIfCancellationRequested();
        return await target.QueryGroupAsync(number, query, consistency).WaitAsync(cancellation).ConfigureAwait(true);
    }
}
