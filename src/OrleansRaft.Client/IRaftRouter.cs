using OrleansRaft.Runtime;

namespace OrleansRaft.Client;

/// <summary>
/// Routes requests to the groups of one set: a plain object, within a silo the router itself, elsewhere the way to one, <see
/// cref="IRouterGrain{TCommand, TResult}"/>.
/// </summary>
/// <remarks>What happens to the cluster is an outcome. Only <see cref="WrongTypesException"/> is thrown.</remarks>
internal interface IRaftRouter<TCommand, TResult>
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

/// <summary>The router of a silo for callers outside of it: a grain whose key is the set's name.</summary>
[Alias("raft-router`2")]
internal interface IRouterGrain<TCommand, TResult> : IGrainWithStringKey
{
    /// <summary>Submits a command to the group of a key.</summary>
    [Alias("submit")]
    Task<Outcome<Carried<TResult>>> SubmitAsync(string key, Carried<TCommand> command, string? requestId);

    /// <summary>Answers a query from the group of a key.</summary>
    [Alias("query")]
    Task<Outcome<Carried<TResult>>> QueryAsync(string key, Carried<TCommand> query, ReadConsistency consistency);

    /// <summary>Answers a query from one group.</summary>
    [Alias("query-group")]
    Task<Outcome<Carried<TResult>>> QueryGroupAsync(int number, Carried<TCommand> query, ReadConsistency consistency);

    /// <summary>How many groups the set has; 0 when there is no such set.</summary>
    [Alias("count")]
    Task<int> CountGroupsAsync();
}
