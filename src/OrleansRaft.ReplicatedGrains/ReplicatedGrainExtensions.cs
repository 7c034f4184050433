using OrleansRaft.ReplicatedGrains.Calls;

namespace OrleansRaft;

/// <summary>How a replicated grain is called: each method gives the same grain, called otherwise.</summary>
public static class ReplicatedGrainExtensions
{
    /// <summary>The longest time for <see cref="With{TGrain}(TGrain, TimeSpan)"/>: request ids are remembered for longer.</summary>
    public static readonly TimeSpan TimeoutMax = TimeSpan.FromMinutes(5);

    /// <summary>Calls under a request id: the same call is applied once, however often it is repeated, and gets the first answer.</summary>
    /// <typeparam name="TGrain">The grain's interface.</typeparam>
    /// <param name="grain">The grain.</param>
    /// <param name="requestId">1 to 512 characters, of one call. A read has no use for it.</param>
    /// <exception cref="ArgumentException">The id is empty, or this is no replicated grain that a factory gave.</exception>
    public static TGrain With<TGrain>(this TGrain grain, string requestId)
        where TGrain : class, IReplicatedGrain
    {
        ArgumentException.ThrowIfNullOrEmpty(requestId);
        return Change(grain, options => options with { RequestId = requestId });
    }

    /// <summary>
    /// Calls and tries again for so long, where the group has no leader, cannot be reached, or it is unknown whether the call was applied. A call
    /// without a request id gets one of its own, so that it is applied once.
    /// </summary>
    /// <typeparam name="TGrain">The grain's interface.</typeparam>
    /// <param name="grain">The grain.</param>
    /// <param name="timeout">Above zero, at most <see cref="TimeoutMax"/>. Without it, a call is tried for <c>Raft:SubmitTimeout</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is out of bounds.</exception>
    public static TGrain With<TGrain>(this TGrain grain, TimeSpan timeout)
        where TGrain : class, IReplicatedGrain
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(timeout, TimeoutMax);
        return Change(grain, options => options with { Timeout = timeout });
    }

    /// <summary>Reads with another consistency than linearizable. Methods that are not <c>[ReadOnly]</c> refuse it.</summary>
    /// <typeparam name="TGrain">The grain's interface.</typeparam>
    /// <param name="grain">The grain.</param>
    /// <param name="consistency">What a read may miss.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such consistency.</exception>
    public static TGrain With<TGrain>(this TGrain grain, ReadConsistency consistency)
        where TGrain : class, IReplicatedGrain
    {
        if (!Enum.IsDefined(consistency))
        {
            throw new ArgumentOutOfRangeException(nameof(consistency), consistency, "Use linearizable, lease or stale.");
        }

        return Change(grain, options => options with { Consistency = consistency });
    }

    /// <summary>
    /// Stops waiting when the token is cancelled, with an <see cref="OperationCanceledException"/>. A call that was sent is not taken back: it may
    /// have been applied, or may still be. A parameter of a method that is a token does the same; the grain itself sees none.
    /// </summary>
    /// <typeparam name="TGrain">The grain's interface.</typeparam>
    /// <param name="grain">The grain.</param>
    /// <param name="cancellation">The token. One that is cancelled before the call lets nothing be sent.</param>
    public static TGrain With<TGrain>(this TGrain grain, CancellationToken cancellation)
        where TGrain : class, IReplicatedGrain => Change(grain, options => options with { Cancellation = cancellation });

    private static TGrain Change<TGrain>(TGrain grain, Func<CallOptions, CallOptions> change)
        where TGrain : class, IReplicatedGrain
    {
        ArgumentNullException.ThrowIfNull(grain);
        return grain is ReplicatedGrainProxy proxy
            ? CallTools.Of(proxy.Target.Tools.Services).Proxies.Create<TGrain>(proxy, proxy.Target.With(change))
            : throw new ArgumentException(
                $"{grain.GetType().Name} is not a replicated grain that a factory gave, so there is no call to change; use what GetReplicatedGrain "
                    + "returns.",
                nameof(grain));
    }
}
