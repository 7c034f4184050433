using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Counters;

namespace OrleansRaft.Server;

/// <summary>A counter's <c>ETag</c>, the log index of its last change in quotes, and the <c>If-Match</c> that names it.</summary>
internal static class EntityTag
{
    /// <summary>The header's name.</summary>
    public const string Header = "If-Match";

    /// <summary>The tag of a counter that last changed at a log index.</summary>
    public static string Of(long index) => string.Create(CultureInfo.InvariantCulture, $"\"{index}\"");

    /// <summary>Reads what a write asks of the counter as it is.</summary>
    public static Checked<CounterCondition> ReadCondition(HttpRequest request)
    {
        var values = request.Headers.IfMatch;
        if (values.Count == 0)
        {
            return CounterCondition.None;
        }

        var text = values.Count == 1 ? values[0].AsSpan().Trim() : default;
        if (text is "*")
        {
            return CounterCondition.Exists;
        }

        var isWeak = text.StartsWith("W/", StringComparison.Ordinal);
        var tag = isWeak ? text[2..] : text;
        if (tag.Length < 2 || tag[0] != '"' || tag[^1] != '"' || tag[1..^1].Contains('"'))
        {
            return KnownProblems.InvalidRequest(
                Header, $"The header {Header} must be * or one tag in quotes, such as \"17\": the ETag of the counter as it was read.");
        }

        // A tag that no counter ever had is no error: it matches nothing, as a weak one does (RFC 9110, 13.1.1).
        return CounterCondition.Unchanged(!isWeak && TryParse(tag[1..^1], out var index) ? index : 0);
    }

    // Only the form that Of writes: "017" is another tag than "17".
    private static bool TryParse(ReadOnlySpan<char> text, out long index) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out index) && text[0] != '0';
}
