using OrleansRaft.Runtime;

namespace OrleansRaft.Grains;

/// <summary>All groups of one state machine, for what must ask each of them: a thin facade, made by <see cref="RaftGrainFactoryExtensions.GetRaftGroupSet{TCommand, TResult}"/>.</summary>
/// <typeparam name="TCommand">Commands and queries of the state machine.</typeparam>
/// <typeparam name="TResult">Its answers.</typeparam>
public readonly struct RaftGroupSet<TCommand, TResult>
{
    private readonly IRouterDoor<TCommand, TResult> router;

    internal RaftGroupSet(IRouterDoor<TCommand, TResult> router) => this.router = router;

    /// <summary>How many groups the set has; 0 when the cluster has no set of that name.</summary>
    public Task<int> CountGroupsAsync(CancellationToken cancellation = default) => router.CountGroupsAsync().WaitAsync(cancellation);

    /// <summary>Answers a query from the state of one group, whatever keys it holds.</summary>
    /// <param name="number">The group's number, from 0.</param>
    /// <param name="query">What to ask; the state machine sees an empty key.</param>
    /// <param name="consistency">What the answer may miss.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>How it ended, as for <see cref="RaftGroup{TCommand, TResult}.QueryAsync"/>.</returns>
    public Task<Outcome<TResult>> QueryGroupAsync(
        int number, TCommand query, ReadConsistency consistency = ReadConsistency.Linearizable, CancellationToken cancellation = default) =>
        RouterCalls.GuardAsync(router.QueryGroupAsync(number, query, consistency), isCommand: false, cancellation);
}
