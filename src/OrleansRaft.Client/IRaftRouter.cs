using OrleansRaft.Runtime;

namespace OrleansRaft.Client;

/// <summary>
/// Routes requests to the groups of one set: for callers outside of silos, a grain whose key is the set's name; within a silo, a plain object.
/// </summary>
/// <remarks>What happens to the cluster is an outcome. Only <see cref="WrongTypesException"/> is thrown.</remarks>
[Alias("raft-router`2")]
internal interface IRaftRouter<TCommand, TResult> : IGrainWithStringKey
{
    /// <summary>Submits a command to the group of a key.</summary>
    [Alias("submit")]
    Task<Outcome<TResult>> SubmitAsync(string key, TCommand command, string? requestId);

    /// <summary>Answers a query from the group of a key.</summary>
    [Alias("query")]
    Task<Outcome<TResult>> QueryAsync(string key, TCommand query, ReadConsistency consistency);

    /// <summary>Answers a query from one group.</summary>
    [Alias("query-group")]
    Task<Outcome<TResult>> QueryGroupAsync(int number, TCommand query, ReadConsistency consistency);

    /// <summary>How many groups the set has; 0 when there is no such set.</summary>
    [Alias("count")]
    Task<int> CountGroupsAsync();
}
