using Orleans.Concurrency;
using OrleansRaft.Grains.Client;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Routing;

/// <summary>The typed door to one set of groups for clients outside of silos. It keeps nothing, so there is nothing of it to fail over.</summary>
[GrainType("raft-router`2")]
[StatelessWorker]
[Reentrant]
internal sealed class RaftRouterGrain<TCommand, TResult> : Grain, IRaftRouter<TCommand, TResult>
{
    private readonly IRouterDoor<TCommand, TResult> router;

    /// <summary>Made by Orleans; in silos without groups too, where it says so.</summary>
    public RaftRouterGrain(IGrainContext context, IServiceProvider services) =>
        router = Router<TCommand, TResult>.Create(services, context.GrainId.Key.ToString()!);

    /// <inheritdoc/>
    public Task<Outcome<TResult>> SubmitAsync(string key, TCommand command, string? requestId) => router.SubmitAsync(key, command, requestId);

    /// <inheritdoc/>
    public Task<Outcome<TResult>> QueryAsync(string key, TCommand query, ReadConsistency consistency) => router.QueryAsync(key, query, consistency);

    /// <inheritdoc/>
    public Task<Outcome<TResult>> QueryGroupAsync(int number, TCommand query, ReadConsistency consistency) => router.QueryGroupAsync(number, query, consistency);

    /// <inheritdoc/>
    public Task<int> CountGroupsAsync() => router.CountGroupsAsync();
}
