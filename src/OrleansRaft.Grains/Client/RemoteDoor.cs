using OrleansRaft.Grains.Routing;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Client;

/// <summary>Through a router grain: a call to whichever silo the client is connected to.</summary>
/// <remarks>
/// A call that fails on its way leaves open whether a command was applied, except where it certainly never left: Orleans throws at once what it
/// cannot copy or send, and what cannot be serialized is found by writing it again. A query changes nothing, so that its failures are definite.
/// </remarks>
/// <param name="router">Finds the router grain; throws when no silo hosts such grains.</param>
/// <param name="services">The client's services; null when they are not known.</param>
internal sealed class RemoteDoor<TCommand, TResult>(Func<IRaftRouter<TCommand, TResult>> router, IServiceProvider? services) : IRouterDoor<TCommand, TResult>
{
    private IRaftRouter<TCommand, TResult>? found;
    private bool isSerializable;

    /// <inheritdoc/>
    public async Task<Outcome<TResult>> SubmitAsync(string key, TCommand command, string? requestId)
    {
        if (RequestNames.FindProblem(key, requestId) is { } problem)
        {
            return RouterCalls.Invalid<TResult>(problem);
        }

        if (Find(out var rejection) is not { } target)
        {
            return rejection!;
        }

        Task<Outcome<TResult>> call;
        try
        {
            call = target.SubmitAsync(key, command, requestId);
        }
        catch (Exception exception)
        {
            return NeverSent(command, exception);
        }

        try
        {
            return await call.ConfigureAwait(false);
        }
        catch (WrongTypesException)
        {
            throw;
        }
        catch (Exception exception)
        {
            return RouterCalls.IsOfSerializer(exception) && !Serializers.CanWrite(services, command)
                ? RouterCalls.Unwritable<TResult>(command!, exception)
                : new Unknown<TResult>($"The call to the silo that routes this request failed ({exception.Message}); repeat the request under the same request id.");
        }
    }

    /// <inheritdoc/>
    public Task<Outcome<TResult>> QueryAsync(string key, TCommand query, ReadConsistency consistency) => RequestNames.FindProblem(key, null) is { } problem
        ? Task.FromResult<Outcome<TResult>>(RouterCalls.Invalid<TResult>(problem))
        : AskAsync(query, target => target.QueryAsync(key, query, consistency));

    /// <inheritdoc/>
    public Task<Outcome<TResult>> QueryGroupAsync(int number, TCommand query, ReadConsistency consistency) =>
        AskAsync(query, target => target.QueryGroupAsync(number, query, consistency));

    /// <inheritdoc/>
    public async Task<int> CountGroupsAsync() => Find(out _) is { } target ? await target.CountGroupsAsync().ConfigureAwait(false) : 0;

    private async Task<Outcome<TResult>> AskAsync(TCommand query, Func<IRaftRouter<TCommand, TResult>, Task<Outcome<TResult>>> ask)
    {
        if (Find(out var rejection) is not { } target)
        {
            return rejection!;
        }

        try
        {
            return await ask(target).ConfigureAwait(false);
        }
        catch (WrongTypesException)
        {
            throw;
        }
        catch (Exception exception)
        {
            return NeverSent(query, exception);
        }
    }

    private Rejected<TResult> NeverSent(TCommand value, Exception cause) =>
        RouterCalls.IsOfSerializer(cause) && !Serializers.CanWrite(services, value)
            ? RouterCalls.Unwritable<TResult>(value!, cause)
            : RouterCalls.Unreachable<TResult>(cause);

    private IRaftRouter<TCommand, TResult>? Find(out Rejected<TResult>? rejection)
    {
        rejection = null;
        if (found is { } known)
        {
            return known;
        }

        if (!isSerializable && services is not null && Serializers.FindProblem(services, typeof(TCommand), typeof(TResult)) is { } problem)
        {
            rejection = RouterCalls.Invalid<TResult>($"Nothing was sent. {problem}");
            return null;
        }

        isSerializable = true;
        try
        {
            return found = router();
        }
        catch (ArgumentException)
        {
            // That is how Orleans says that no silo has grains of an interface.
            rejection = RouterCalls.NoRaft<TResult>("This cluster");
            return null;
        }
    }
}
