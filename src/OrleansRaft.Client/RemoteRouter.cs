using OrleansRaft.Runtime;

namespace OrleansRaft.Client;

/// <content>The way to a router from outside of silos.</content>
internal static partial class RouterCache<TCommand, TResult>
{
    /// <summary>Calls the router in whichever silo the client is connected to.</summary>
    /// <remarks>
    /// A call that fails on its way leaves open whether a command was applied, except where it certainly never left: Orleans throws at once what it
    /// cannot copy or send, and what cannot be serialized is found by writing it again. A query changes nothing, so that its failures are definite.
    /// <para>
    /// The class is private because Orleans takes any other class that implements a grain interface for a grain, and <see cref="IRaftRouter{TCommand,
    /// TResult}"/> must have one grain only.
    /// </para>
    /// </remarks>
    private sealed class RemoteRouter(IGrainFactory grains, string name) : IRaftRouter<TCommand, TResult>
    {
        private readonly IServiceProvider? services = (grains as IClusterClient)?.ServiceProvider;
        private IRaftRouter<TCommand, TResult>? found;
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
                return await call;
            }
            catch (WrongTypesException)
            {
                throw;
            }
            catch (Exception exception)
            {
                return IsUnserializable(command, exception)
                    ? CallRejections.Unserializable<TResult>(command!, exception)
                    : new Unknown<TResult>(
                        $"The call to the silo that routes this request failed ({exception.Message}); repeat the request under the same request id.");
            }
        }

        /// <inheritdoc/>
        public Task<Outcome<TResult>> QueryAsync(string key, TCommand query, ReadConsistency consistency) =>
            RequestRules.FindProblem(key, null) is { } problem
                ? Task.FromResult<Outcome<TResult>>(CallRejections.Invalid<TResult>(problem))
                : AskAsync(query, target => target.QueryAsync(key, query, consistency));

        /// <inheritdoc/>
        public Task<Outcome<TResult>> QueryGroupAsync(int number, TCommand query, ReadConsistency consistency) =>
            AskAsync(query, target => target.QueryGroupAsync(number, query, consistency));

        /// <inheritdoc/>
        public async Task<int> CountGroupsAsync() => Find(out _) is { } target ? await target.CountGroupsAsync() : 0;

        private async Task<Outcome<TResult>> AskAsync(TCommand query, Func<IRaftRouter<TCommand, TResult>, Task<Outcome<TResult>>> ask)
        {
            if (Find(out var rejection) is not { } target)
            {
                return rejection!;
            }

            try
            {
                return await ask(target);
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
            IsUnserializable(value, cause) ? CallRejections.Unserializable<TResult>(value!, cause) : CallRejections.Unreachable<TResult>(cause);

        private bool IsUnserializable(TCommand value, Exception cause) =>
            Serializers.IsSerializerError(cause) && !Serializers.CanWrite(services, value);

        private IRaftRouter<TCommand, TResult>? Find(out Rejected<TResult>? rejection)
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
                return found = grains.GetGrain<IRaftRouter<TCommand, TResult>>(name);
            }
            catch (ArgumentException)
            {
                // That is how Orleans says that no silo has grains of an interface.
                rejection = CallRejections.NoRaft<TResult>("This cluster");
                return null;
            }
        }
    }
}
