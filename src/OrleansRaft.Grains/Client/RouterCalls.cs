using Orleans.Serialization;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Client;

/// <summary>What callers are told of calls that went wrong on their way.</summary>
internal static class RouterCalls
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Refuses a command or query that is null: a state machine should not have to expect one, and what it threw would stop every replica.
    /// </summary>
    public static void RequireValue<T>(T value, string parameter)
    {
        if (value is null)
        {
            ArgumentNullException.ThrowIfNull(value, parameter);
        }
    }

    /// <summary>The refusal of a request that makes no sense.</summary>
    public static Rejected<TResult> Invalid<TResult>(string detail) => new(RejectionReason.InvalidRequest, null, TimeSpan.Zero, detail);

    /// <summary>The refusal of a request that certainly never left, or of a query that was lost on its way.</summary>
    public static Rejected<TResult> Unreachable<TResult>(Exception cause) => new(
        RejectionReason.Unreachable, null, RetryAfter, $"No silo that routes requests could be reached ({cause.Message}); nothing was changed. Check that silos run, and repeat the request.");

    /// <summary>The refusal of a value that cannot be serialized.</summary>
    public static Rejected<TResult> Unwritable<TResult>(object value, Exception cause) => Invalid<TResult>(
        $"The {value.GetType().FullName} cannot be serialized, so it was not sent ({cause.Message}); {Serializers.Remedy}");

    /// <summary>What to say when a silo has no groups at all.</summary>
    public static Rejected<TResult> NoRaft<TResult>(string where) => new(
        RejectionReason.UnknownGroup, null, TimeSpan.Zero, $"{where} was not configured with AddRaft, so it has no groups. Add AddRaft and AddRaftStateMachine to every silo.");

    /// <summary>Whether Orleans' serializer complains of a value, and not of the world.</summary>
    public static bool IsOfSerializer(Exception exception) =>
        exception is SerializerException or NotSupportedException or ArgumentException or InvalidCastException;
}
