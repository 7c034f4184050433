using Orleans.Concurrency;
using OrleansRaft.Client;
using OrleansRaft.Core;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Grains.Routing;

/// <summary>The router of this silo for callers outside of it. Orleans makes it, in silos without groups too.</summary>
/// <remarks>It keeps nothing, so there is nothing of it to fail over.</remarks>
[GrainType("raft-router`2")]
[StatelessWorker]
[Reentrant]
internal sealed class RouterGrain<TCommand, TResult>(IGrainContext context, IServiceProvider services) : IRouterGrain<TCommand, TResult>
{
    private readonly Router<TCommand, TResult> router = new(services, context.GrainId.Key.ToString()!);

    /// <inheritdoc/>
    public Task<Outcome<Carried<TResult>>> SubmitAsync(string key, Carried<TCommand> command, string? requestId) =>
        RouteAsync(command, value => router.SubmitAsync(key, value, requestId, command.Identity));

    /// <inheritdoc/>
    public Task<Outcome<Carried<TResult>>> QueryAsync(string key, Carried<TCommand> query, ReadConsistency consistency) =>
        RouteAsync(query, value => router.QueryAsync(key, value, consistency));

    /// <inheritdoc/>
    public Task<Outcome<Carried<TResult>>> QueryGroupAsync(int number, Carried<TCommand> query, ReadConsistency consistency) =>
        RouteAsync(query, value => router.QueryGroupAsync(number, value, consistency));

    /// <inheritdoc/>
    public Task<int> CountGroupsAsync() => router.CountGroupsAsync();

    private static async Task<Outcome<Carried<TResult>>> RouteAsync(Carried<TCommand> request, Func<TCommand, Task<Outcome<TResult>>> route) =>
        CarriedOutcomes.Pack(request.Problem is { } problem
            ? CallRejections.Invalid<TResult>($"The group was not reached, and nothing was changed: {problem}")
            : IsReadWithLoss(request)
            ? CallRejections.VersionNotRaised<TResult>(request.Needs)
            : await route(request.Value));

    /// <summary>Whether this silo's program does not know what the caller's knows of the request: sent on, it would lack a part.</summary>
    private static bool IsReadWithLoss(in Carried<TCommand> request) =>
        request.Needs > MachineVersions.Initial && request.Needs > CommandVersions.NeededBy(request.Value);
}
