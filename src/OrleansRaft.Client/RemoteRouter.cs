using OrleansRaft.Runtime;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Client;

/// <summary>The way to a router from outside of silos: calls the grain in whichever silo the client is connected to.</summary>
/// <remarks>
/// A call that fails on its way leaves open whether a command was applied, except where it certainly never left: Orleans throws at once what it
/// cannot send. A query changes nothing, so that its failures are definite. What cannot be written or read is no failure of the call, see
/// <see cref="Carried{T}"/>.
/// </remarks>
internal sealed class RemoteRouter<TCommand, TResult>(IGrainFactory grains, string name) : IRaftRouter<TCommand, TResult>
{
    private readonly IServiceProvider? services = (grains as IClusterClient)?.ServiceProvider;
    private IRouterGrain<TCommand, TResult>? found;
    private bool isSerializable;

    /// <inheritdoc/>
    public async Task<Outcome<TResult>> SubmitAsync(string key, TCommand command, string? requestId)
    {
        if (RequestRules.FindProblem(key, requestId) is { } problem)
        {
            return CallRejections.Invalid<TResult>(problem);
        }

        if (Find(out var rejection) is not { } target)
        {
            return rejection!;
        }

        Task<Outcome<Carried<TResult>>> call;
        try
        {
            call = target.SubmitAsync(key, Carry(command) with { Identity = requestId is null ? null : CommandIdentity.Of(command) }, requestId);
        }
        catch (Exception exception)
        {
            return CallRejections.Unreachable<TResult>(exception);
        }

        try
        {
            return CarriedOutcomes.Unpack(await call, isCommand: true);
        }
        catch (WrongTypesException)
        {
            throw;
        }
        catch (Exception exception)
        {
            return new Unknown<TResult>(
                $"The call to the silo that routes this request failed ({exception.Message}); repeat the request under the same request id.");
        }
    }

    /// <inheritdoc/>
    public Task<Outcome<TResult>> QueryAsync(string key, TCommand query, ReadConsistency consistency) =>
        RequestRules.FindProblem(key, null) is { } problem
            ? Task.FromResult<Outcome<TResult>>(CallRejections.Invalid<TResult>(problem))
            : AskAsync(target => target.QueryAsync(key, Carry(query), consistency));

    /// <inheritdoc/>
    public Task<Outcome<TResult>> QueryGroupAsync(int number, TCommand query, ReadConsistency consistency) =>
        AskAsync(target => target.QueryGroupAsync(number, Carry(query), consistency));

    /// <inheritdoc/>
    public async Task<int> CountGroupsAsync() => Find(out _) is { } target ? await target.CountGroupsAsync() : 0;

    /// <summary>An older silo would read what is new with a loss, and is told so.</summary>
    private static Carried<TCommand> Carry(TCommand value) => new(value) { Needs = CommandVersions.NeededBy(value) };

    private async Task<Outcome<TResult>> AskAsync(Func<IRouterGrain<TCommand, TResult>, Task<Outcome<Carried<TResult>>>> ask)
    {
        if (Find(out var rejection) is not { } target)
        {
            return rejection!;
        }

        try
        {
            return CarriedOutcomes.Unpack(await ask(target), isCommand: false);
        }
        catch (WrongTypesException)
        {
            throw;
        }
        catch (Exception exception)
        {
            return CallRejections.Unreachable<TResult>(exception);
        }
    }

    private IRouterGrain<TCommand, TResult>? Find(out Rejected<TResult>? rejection)
    {
        rejection = null;
        if (found is { } known)
        {
            return known;
        }

        if (!isSerializable && services is not null && Serializers.FindProblem(services, typeof(TCommand), typeof(TResult)) is { } problem)
        {
            rejection = CallRejections.Invalid<TResult>($"Nothing was sent. {problem}");
            return null;
        }

        isSerializable = true;
        try
        {
            return found = grains.GetGrain<IRouterGrain<TCommand, TResult>>(name);
        }
        catch (ArgumentException)
        {
            // That is how Orleans says that no silo has grains of an interface.
            rejection = CallRejections.NoRaft<TResult>("This cluster");
            return null;
        }
    }
}
