using System.Buffers;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Http;

/// <summary>The header by which a request is applied once, however often it is sent.</summary>
public static class IdempotencyKey
{
    /// <summary>The header's name.</summary>
    public const string Header = "Idempotency-Key";

    /// <summary>The longest key, in characters.</summary>
    public const int LengthMax = 255;

    private static readonly SearchValues<char> VisibleAscii =
        SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Select(code => (char)code)]);

    /// <summary>Reads the header into the id under which the request is remembered; null when there is none.</summary>
    /// <param name="request">The request.</param>
    /// <param name="scope">What the key belongs to beside the method: see <see cref="RequestId.Of"/>.</param>
    public static Checked<string?> ReadRequestId(HttpRequest request, string scope)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!request.Headers.TryGetValue(Header, out var values))
        {
            return (string?)null;
        }

        var key = values.Count == 1 ? values[0] ?? "" : "";
        return key.Length is > 0 and <= LengthMax && !key.AsSpan().ContainsAnyExcept(VisibleAscii)
            ? RequestId.Of(request.Method, scope, key)
            : KnownProblems.InvalidRequest(
                Header, $"The header {Header} must be given once, with 1 to {LengthMax} visible ASCII characters (no spaces). Choose another key.");
    }
}
