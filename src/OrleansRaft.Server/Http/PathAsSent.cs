using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Http;

/// <summary>
/// A request's path before anybody folded it: <c>..</c>, <c>.</c> and what is empty in it would make another resource answer than the one that was
/// named.
/// </summary>
internal static class PathAsSent
{
    private static readonly string[] Dots = [".", "..", "%2e", "%2e%2e", "%2e.", ".%2e"];

    /// <summary>What is wrong with the path if it has a segment <c>.</c> or <c>..</c>, escaped or not; null when it has none.</summary>
    public static Problem? FindDots(HttpRequest request)
    {
        var path = Of(request);
        if (!path.Contains("/.", StringComparison.Ordinal) && !path.Contains("/%2e", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        foreach (var segment in path.Split('/'))
        {
            if (IsDots(path[segment]))
            {
                return KnownProblems.InvalidRequest(
                    "path",
                    $"The path has the segment {Shortened.Of(path[segment].ToString())}, which names nothing: "
                        + "it would lead to another resource. Send the path without it.");
            }
        }

        return null;
    }

    /// <summary>What is wrong with a path of the API if a segment of it is empty, or it ends with a slash; null when none is.</summary>
    public static Problem? FindGap(HttpRequest request)
    {
        if (!request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var path = Of(request);
        return path.EndsWith('/') || path.Contains("//", StringComparison.Ordinal)
            ? KnownProblems.InvalidRequest(
                "path",
                "The path has an empty segment where a name should be, or ends with a slash. Send the path without the slash, or with the name.")
            : null;
    }

    /// <summary>The path of the request line. A test server, and a front of the demo's kind, may give none.</summary>
    private static ReadOnlySpan<char> Of(HttpRequest request)
    {
        var target = (request.HttpContext.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "").AsSpan();
        var end = target.IndexOfAny('?', '#');
        target = end < 0 ? target : target[..end];
        if (target.IsEmpty || target[0] == '/')
        {
            return target;
        }

        // A request through a proxy names its server first: http://server/path.
        var server = target.IndexOf("://", StringComparison.Ordinal);
        var path = server < 0 ? -1 : target[(server + 3)..].IndexOf('/');
        return path < 0 ? default : target[(server + 3 + path)..];
    }

    private static bool IsDots(ReadOnlySpan<char> segment)
    {
        foreach (var dots in Dots)
        {
            if (segment.Equals(dots, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
