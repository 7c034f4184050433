using OrleansRaft.Client;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Machines;

namespace OrleansRaft.ReplicatedGrains.Calls;

/// <summary>Makes calls to the group that keeps a grain.</summary>
/// <param name="cluster">How to reach groups.</param>
/// <param name="type">The grain's interface.</param>
/// <param name="partition">Chooses the group.</param>
/// <param name="key">The grain's key.</param>
/// <param name="options">How calls are made.</param>
internal sealed class GroupTarget(IGrainCluster cluster, GrainInterface type, string partition, string key, CallOptions options)
    : ReplicatedGrainTarget(cluster.Tools)
{
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(50);

    /// <inheritdoc/>
    public override string ToString() => partition == key ? $"{type.Name} '{key}'" : $"{type.Name} '{key}' in '{partition}'";

    internal override async ValueTask<T> InvokeAsync<T>(IRequest request)
    {
        var method = CallMethod.Of(request);
        var answer = await CallAsync(request, method).ConfigureAwait(true);
        try
        {
            return cluster.Tools.Serializer.Deserialize<T>(answer.Body)!;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            throw new ResultUnreadableException(
                $"{method} of '{key}' was applied, but its result cannot be read as {typeof(T).FullName} ({ThrownText.Of(exception)}); a "
                    + "program that "
                + "knows the type reads it.",
                exception);
        }
    }

    internal override async ValueTask InvokeAsync(IRequest request) => await CallAsync(request, CallMethod.Of(request)).ConfigureAwait(true);

    internal override ReplicatedGrainTarget With(Func<CallOptions, CallOptions> change) =>
        new GroupTarget(cluster, type, partition, key, change(options));

    /// <returns>What the method returned.</returns>
    private Task<GrainAnswer> CallAsync(IRequest request, CallMethod method)
    {
        options.Cancellation.ThrowIfCancellationRequested();
        request.GetCancellationToken().ThrowIfCancellationRequested();
        if (options.Consistency is not null && !method.IsRead)
        {
            throw new InvalidOperationException(
                $"{method} is not [ReadOnly], so it has no consistency; call it without With({nameof(ReadConsistency)}), or mark it if it changes "
                    + "nothing.");
        }

        // Without a token, each of these is the call itself.
        return SendAsync(method, Write(request, method)).WaitAsync(options.Cancellation).WaitAsync(request.GetCancellationToken());
    }

    private GrainCall Write(IRequest request, CallMethod method)
    {
        var own = partition == key ? null : key;
        try
        {
            return new GrainCall
            {
                Key = own,
                Request = cluster.Tools.Write(request),
                Needs = method.NeededBy(request),
                Identity = options.RequestId is null && options.Timeout is null ? null : method.IdentityOf(request, own),
            };
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            throw new NotCommittedException(
                RejectionReason.InvalidRequest,
                $"An argument of {method} cannot be serialized, so the call was not sent ({ThrownText.Of(exception)}); {Serializers.GrainRemedy}");
        }
    }

    private async Task<GrainAnswer> SendAsync(CallMethod method, GrainCall call)
    {
        if (await FindSetAsync().ConfigureAwait(false) is not { } set)
        {
            throw new NotCommittedException(
                RejectionReason.UnknownGroup,
                $"No silo that was asked has a class for {type.Type.FullName} ('{type.Name}'); add one with "
                    + "silo.AddReplicatedGrains(set, groups, grains => grains.Add<...>()) on every silo.");
        }

        var router = cluster.RouterTo(set);
        var tries = new Attempts(method, key, options, cluster.Tools.Time);
        while (true)
        {
            var outcome = await tries.TryAsync(router, partition, call).ConfigureAwait(false);
            if (tries.Conclude(outcome) is { } answer)
            {
                return RequireReturned(answer, method);
            }

            await Task.Delay(tries.Pause, cluster.Tools.Time).ConfigureAwait(false);
        }
    }

    private GrainAnswer RequireReturned(GrainAnswer answer, CallMethod method)
    {
        switch (answer.Kind)
        {
            case GrainAnswerKind.Returned:
                return answer;
            case GrainAnswerKind.Threw:
                throw cluster.Tools.Exceptions.Read(answer.Body, method, key);
            default:
                var (reason, sentence) = answer.ReadRefusal();
                throw new NotCommittedException(reason, sentence);
        }
    }

    private async ValueTask<string?> FindSetAsync()
    {
        try
        {
            return await cluster.FindSetAsync(type).ConfigureAwait(false);
        }
        catch (ArgumentException)
        {
            // That is how Orleans says that no silo has grains of an interface.
            throw new NotCommittedException(
                RejectionReason.UnknownGroup, "This cluster was not configured with AddRaft, so it has no groups. Add AddRaft and "
                    + "AddReplicatedGrains to every silo.");
        }
        catch (Exception exception) when (exception is not NotCommittedException)
        {
            throw new NotCommittedException(
                RejectionReason.Unreachable,
                $"No silo could be asked where {type.Name} is ({ThrownText.Of(exception)}); nothing was sent. Check that silos run, and "
                    + "repeat the call.",
                TimeSpan.FromSeconds(1));
        }
    }

    /// <summary>The attempts of one call.</summary>
    private sealed class Attempts(CallMethod method, string key, CallOptions options, TimeProvider time)
    {
        private readonly long began = time.GetTimestamp();

        // Further attempts need a name by which they are the same call.
        private readonly string? requestId = options.RequestId ?? (options.Timeout is null || method.IsRead ? null : Guid.NewGuid().ToString("N"));
        private string? unknown;

        public TimeSpan Pause { get; private set; }

        private TimeSpan? Left => options.Timeout is { } most ? most - time.GetElapsedTime(began) : null;

        public Task<Outcome<GrainAnswer>> TryAsync(IRaftRouter<GrainCall, GrainAnswer> router, string partition, GrainCall call)
        {
            var attempt = method.IsRead
                ? router.QueryAsync(partition, call, options.Consistency ?? ReadConsistency.Linearizable)
                : router.SubmitAsync(partition, call, requestId);
            return Left is { } left ? InTimeAsync(attempt, left) : attempt;
        }

        private async Task<Outcome<GrainAnswer>> InTimeAsync(Task<Outcome<GrainAnswer>> attempt, TimeSpan left)
        {
            try
            {
                return await attempt.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                var sentence = $"The time of {options.Timeout} for {method} was over before an answer came.";
                return method.IsRead
                    ? new Rejected<GrainAnswer>(RejectionReason.Unreachable, null, TimeSpan.Zero, sentence)
                    : new Unknown<GrainAnswer>(sentence);
            }
        }

        /// <returns>The answer; null to try again after the pause.</returns>
        public GrainAnswer? Conclude(Outcome<GrainAnswer> outcome)
        {
            switch (outcome)
            {
                case Committed<GrainAnswer> committed:
                    return committed.Value;
                case Applied<GrainAnswer> applied:
                    throw new ResultUnreadableException(applied.Detail);
                case Unknown<GrainAnswer> one:
                    unknown = one.Detail;
                    return MayTryAgain(TimeSpan.Zero) ? null : throw Unknown(one.Detail);
                case Rejected<GrainAnswer> rejected:
                    if (IsPassing(rejected) && MayTryAgain(rejected.RetryAfter))
                    {
                        return null;
                    }

                    // What one attempt was told says nothing of an earlier one that may have been applied; but a skip is of all of them.
                    throw unknown is null || rejected.Reason == RejectionReason.Skipped
                        ? new NotCommittedException(rejected.Reason, $"{method} of '{key}': {rejected.Detail}", rejected.RetryAfter)
                        : Unknown($"{unknown} A further attempt was refused: {rejected.Detail}");
                default:
                    throw new InvalidOperationException($"{outcome.GetType().Name} is not a known outcome.");
            }
        }

        private OutcomeUnknownException Unknown(string detail) => new($"{method} of '{key}': {detail}", requestId);

        private static bool IsPassing(Rejected<GrainAnswer> rejected) =>
            rejected.RetryAfter > TimeSpan.Zero
            || rejected.Reason is RejectionReason.NoLeader or RejectionReason.Unreachable or RejectionReason.Overloaded
                or RejectionReason.SessionTableFull;

        private bool MayTryAgain(TimeSpan pause)
        {
            Pause = pause > PauseMin ? pause : PauseMin;
            return Left is { } left && left > Pause;
        }
    }
}
