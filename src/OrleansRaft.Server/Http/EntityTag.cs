using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Http;

/// <summary>What <c>If-Match</c> asks of a resource.</summary>
public enum IfMatch
{
    /// <summary>Nothing: the header is not given.</summary>
    Anything,

    /// <summary>That it exists.</summary>
    Exists,

    /// <summary>That it has not changed since it had a tag.</summary>
    Unchanged,
}

/// <summary>
/// The <c>ETag</c> of a resource that a group keeps, the log index of its last change in quotes, and the <c>If-Match</c> that names it.
/// </summary>
public static class EntityTag
{
    /// <summary>The header's name.</summary>
    public const string Header = "If-Match";

    /// <summary>The tag of a resource that last changed at a log index.</summary>
    /// <param name="index">The log index.</param>
    public static string Of(long index) => string.Create(CultureInfo.InvariantCulture, $"\"{index}\"");

    /// <summary>Reads what a write asks of a resource as it is.</summary>
    /// <param name="request">The request.</param>
    /// <param name="resource">What it is, for a sentence: <c>counter</c>.</param>
    /// <returns>The condition, with the log index in its tag; 0, which is no index, for a tag that matches nothing.</returns>
    public static Checked<(IfMatch Condition, long Index)> ReadCondition(HttpRequest request, string resource)
    {
        ArgumentNullException.ThrowIfNull(request);
        var values = request.Headers.IfMatch;
        if (values.Count == 0)
        {
            return (IfMatch.Anything, 0L);
        }

        var text = values.Count == 1 ? values[0].AsSpan().Trim() : default;
        if (text is "*")
        {
            return (IfMatch.Exists, 0L);
        }

        var isWeak = text.StartsWith("W/", StringComparison.Ordinal);
        var tag = isWeak ? text[2..] : text;
        if (tag.Length < 2 || tag[0] != '"' || tag[^1] != '"' || tag[1..^1].Contains('"'))
        {
            return KnownProblems.InvalidRequest(
                Header, $"The header {Header} must be * or one tag in quotes, such as \"17\": the ETag of the {resource} as it was read.");
        }

        // A tag that no resource ever had is not an error: it matches nothing, as a weak one does (RFC 9110, 13.1.1).
        return (IfMatch.Unchanged, !isWeak && TryParse(tag[1..^1], out var index) ? index : 0);
    }

    // Only the form that Of writes: "017" is another tag than "17".
    private static bool TryParse(ReadOnlySpan<char> text, out long index) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out index) && text[0] != '0';
}
