using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Counters;
using OrleansRaft.Runtime;

namespace OrleansRaft.Server;

/// <summary>The header by which a request is applied once, however often it is sent.</summary>
internal static class IdempotencyKey
{
    /// <summary>The header's name.</summary>
    public const string Header = "Idempotency-Key";

    /// <summary>The longest key, in characters.</summary>
    public const int LengthMax = 255;

    private static readonly SearchValues<char> VisibleAscii = SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Select(code => (char)code)]);

    /// <summary>Reads the header into the id under which the request is remembered; null when there is none.</summary>
    /// <remarks>A key belongs to one counter and method, so the id is made of all three.</remarks>
    public static Checked<string?> ReadRequestId(HttpRequest request, CounterKey counter)
    {
        if (!request.Headers.TryGetValue(Header, out var values))
        {
            return (string?)null;
        }

        var key = values.Count == 1 ? values[0] ?? "" : "";
        return key.Length is > 0 and <= LengthMax && !key.AsSpan().ContainsAnyExcept(VisibleAscii)
            ? RequestIdOf(request.Method, counter, key)
            : KnownProblems.InvalidRequest(
                Header, $"The header {Header} must be given once, with 1 to {LengthMax} visible ASCII characters (no spaces). Choose another key.");
    }

    /// <summary>The id of a key within its scope.</summary>
    internal static string RequestIdOf(string method, CounterKey counter, string key)
    {
        var id = $"{method} {counter} {key}";

        // Only the longest names with the longest key do not fit; no method begins with '#', so the two forms never meet.
        return id.Length <= CommandEnvelope.RequestIdLengthMax ? id : $"#{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)))}";
    }
}
