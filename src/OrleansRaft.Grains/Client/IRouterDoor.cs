using OrleansRaft.Runtime;

namespace OrleansRaft.Grains;

/// <summary>The way to one set of groups, for whoever is in a silo and for whoever is not.</summary>
internal interface IRouterDoor<TCommand, TResult>
{
    /// <summary>Submits a command to the group of a key.</summary>
    Task<Outcome<TResult>> SubmitAsync(string key, TCommand command, string? requestId);

    /// <summary>Answers a query from the group of a key.</summary>
    Task<Outcome<TResult>> QueryAsync(string key, TCommand query, ReadConsistency consistency);

    /// <summary>Answers a query from one group.</summary>
    Task<Outcome<TResult>> QueryGroupAsync(int number, TCommand query, ReadConsistency consistency);

    /// <summary>How many groups the set has; 0 when there is no such set.</summary>
    Task<int> CountGroupsAsync();
}

/// <summary>Through a router grain: a call to whichever silo the client is connected to.</summary>
internal sealed class RemoteDoor<TCommand, TResult>(IRaftRouter<TCommand, TResult> router) : IRouterDoor<TCommand, TResult>
{
    /// <inheritdoc/>
    public Task<Outcome<TResult>> SubmitAsync(string key, TCommand command, string? requestId) => router.SubmitAsync(key, command, requestId);

    /// <inheritdoc/>
    public Task<Outcome<TResult>> QueryAsync(string key, TCommand query, ReadConsistency consistency) => router.QueryAsync(key, query, consistency);

    /// <inheritdoc/>
    public Task<Outcome<TResult>> QueryGroupAsync(int number, TCommand query, ReadConsistency consistency) => router.QueryGroupAsync(number, query, consistency);

    /// <inheritdoc/>
    public Task<int> CountGroupsAsync() => router.CountGroupsAsync();
}
