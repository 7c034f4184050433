using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Sessions;

/// <summary>
/// The limits by which replicas remember requests, and keep their states. They decide what Apply answers, so they are replicated: all replicas change
/// them at the same entry.
/// </summary>
/// <param name="RetentionMilliseconds">How long of the group's time a request id is remembered; at least 1.</param>
/// <param name="RequestIdsMax">How many request ids are remembered at once; at least 1.</param>
/// <param name="InactivityMilliseconds">After how long of the group's time without a command a session is forgotten; at least 1.</param>
/// <param name="SessionsMax">How many sessions there may be; at least 1.</param>
/// <param name="SessionResultsMax">How many results a session may leave unanswered; at least 1.</param>
/// <param name="RequestBytesMax">How many bytes request ids and their results may take, about; at least 1.</param>
/// <param name="StateBytesMax">How many bytes a state may have; at least 1, and <see cref="long.MaxValue"/> for any number.</param>
internal readonly record struct SessionLimits(
    long RetentionMilliseconds,
    int RequestIdsMax,
    long InactivityMilliseconds,
    int SessionsMax,
    int SessionResultsMax,
    long RequestBytesMax = 256 * 1024 * 1024,
    long StateBytesMax = long.MaxValue)
{
    /// <summary>
    /// Whether the limits on bytes are others than every group starts with: they are replicated from the level
    /// <see cref="FeatureLevels.KeyedSessions"/> on.
    /// </summary>
    public bool BoundBytes => this != AtLevel(FeatureLevels.Oldest);

    /// <summary>These limits, as far as programs of a level know them.</summary>
    public SessionLimits AtLevel(int level) => level >= FeatureLevels.KeyedSessions
        ? this
        : this with { RequestBytesMax = Initial.RequestBytesMax, StateBytesMax = Initial.StateBytesMax };

    /// <summary>The limits with which every group starts, whatever its silos' options.</summary>
    public static SessionLimits Initial { get; } = new(600_000, 1_000_000, 3_600_000, 10_000, 10_000);
}
