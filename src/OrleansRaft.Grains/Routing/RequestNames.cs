using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Routing;

/// <summary>What keys and request ids may be.</summary>
/// <remarks>Looked at before a call to a silo too: on its way, text becomes well-formed.</remarks>
internal static class RequestNames
{
    /// <summary>A sentence about what is wrong with them; null when nothing is.</summary>
    public static string? FindProblem(string? key, string? requestId)
    {
        if (requestId is { Length: 0 or > CommandEnvelope.RequestIdLengthMax })
        {
            return $"A request id has 1 to {CommandEnvelope.RequestIdLengthMax} characters, this one {requestId.Length}.";
        }

        if (key is not { Length: <= CommandEnvelope.KeyLengthMax })
        {
            return $"A key has at most {CommandEnvelope.KeyLengthMax} characters, {(key is null ? "and this one is null" : $"this one {key.Length}")}.";
        }

        // Both are kept in UTF-8, where all halves are alike: two ids would be taken for one.
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
