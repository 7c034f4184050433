using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Client;

/// <summary>The way to one set of groups, for whoever is in a silo and for whoever is not.</summary>
/// <remarks>What happens to the cluster is an outcome. Only <see cref="WrongTypesException"/> is thrown.</remarks>
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
