using OrleansRaft.Runtime;

namespace OrleansRaft.Client;

/// <summary>Answers to requests that never reached a group.</summary>
internal static class CallRejections
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>The answer to a request that is not valid.</summary>
    public static Rejected<TResult> Invalid<TResult>(string detail) => new(RejectionReason.InvalidRequest, null, TimeSpan.Zero, detail);

    /// <summary>The answer to a request that certainly never left, or to a query that was lost on its way.</summary>
    public static Rejected<TResult> Unreachable<TResult>(Exception cause) => new(
        RejectionReason.Unreachable,
        null,
        RetryAfter,
        $"No silo that routes requests could be reached ({cause.Message}); nothing was changed. Check that silos run, and repeat the request.");

    /// <summary>The answer to a request of a newer program, of which the silo that routes it would lose a part.</summary>
    public static Rejected<TResult> VersionNotRaised<TResult>(int needs) => new(
        RejectionReason.VersionNotRaised,
        null,
        RetryAfter,
        $"The request needs version {needs} of the state machine, of which the program of the silo that routes it does not know. Nothing was "
            + "changed; start the newer program on all silos, or repeat the request later.");

    /// <summary>The answer to a value that cannot be serialized.</summary>
    public static Rejected<TResult> Unserializable<TResult>(object value, Exception cause) => Invalid<TResult>(
        $"The {value.GetType().FullName} cannot be serialized, so it was not sent ({cause.Message}); {Serializers.Remedy}");

    /// <summary>The answer where a silo, or a whole cluster, has no groups at all.</summary>
    public static Rejected<TResult> NoRaft<TResult>(string where) => new(
        RejectionReason.UnknownGroup,
        null,
        TimeSpan.Zero,
        $"{where} was not configured with AddRaft, so it has no groups. Add AddRaft and AddRaftStateMachine to every silo.");
}
