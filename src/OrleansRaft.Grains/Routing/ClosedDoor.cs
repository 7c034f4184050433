using OrleansRaft.Grains.Client;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Routing;

/// <summary>A door that leads nowhere: it says why, and nothing is ever sent.</summary>
/// <param name="refuse">The refusal, or what is thrown.</param>
internal sealed class ClosedDoor<TCommand, TResult>(Func<Outcome<TResult>> refuse) : IRouterDoor<TCommand, TResult>
{
    /// <inheritdoc/>
    public Task<Outcome<TResult>> SubmitAsync(string key, TCommand command, string? requestId) => RefuseAsync();

    /// <inheritdoc/>
    public Task<Outcome<TResult>> QueryAsync(string key, TCommand query, ReadConsistency consistency) => RefuseAsync();

    /// <inheritdoc/>
    public Task<Outcome<TResult>> QueryGroupAsync(int number, TCommand query, ReadConsistency consistency) => RefuseAsync();

    /// <inheritdoc/>
    public async Task<int> CountGroupsAsync()
    {
        await RefuseAsync();
        return 0;
    }

    private async Task<Outcome<TResult>> RefuseAsync()
    {
        await Task.CompletedTask;
        return refuse();
    }
}
