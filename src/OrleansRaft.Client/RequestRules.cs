using OrleansRaft.Runtime;

namespace OrleansRaft.Client;

/// <summary>What a request must be like to be sent.</summary>
internal static class RequestRules
{
    /// <summary>
    /// Throws when a command or query is null: a state machine should not have to expect one, and what it threw would stop every replica.
    /// </summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public static void RequireValue<T>(T value, string parameter)
    {
        // Without the condition, a value type would be boxed.
        if (value is null)
        {
            ArgumentNullException.ThrowIfNull(value, parameter);
        }
    }

    /// <summary>A sentence about what is wrong with a key or request id; null when nothing is.</summary>
    /// <remarks>Clients check both before the call to a silo too, because malformed text becomes well-formed on its way.</remarks>
    public static string? FindProblem(string? key, string? requestId)
    {
        if (requestId is { Length: 0 or > CommandEnvelope.RequestIdLengthMax })
        {
            return $"A request id has 1 to {CommandEnvelope.RequestIdLengthMax} characters, this one {requestId.Length}.";
        }

        if (key is not { Length: <= CommandEnvelope.KeyLengthMax })
        {
            return $"A key has at most {CommandEnvelope.KeyLengthMax} characters, "
                + $"{(key is null ? "and this one is null" : $"this one {key.Length}")}.";
        }

        // Both are kept in UTF-8, where all unpaired surrogates become the same bytes: two ids would be taken for one.
        return HasHalf(key) || HasHalf(requestId)
            ? "A key or request id holds half a character (an unpaired surrogate); use well-formed text."
            : null;
    }

    private static bool HasHalf(ReadOnlySpan<char> text)
    {
        var place = text.IndexOfAnyInRange('\ud800', '\udfff');
        if (place < 0)
        {
            return false;
        }

        for (; place < text.Length; place++)
        {
            if (char.IsHighSurrogate(text[place]) && place + 1 < text.Length && char.IsLowSurrogate(text[place + 1]))
            {
                place++;
            }
            else if (char.IsSurrogate(text[place]))
            {
                return true;
            }
        }

        return false;
    }
}
