using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace OrleansRaft.Server.Access;

/// <summary>The ways in which somebody proves who he is, and where he does.</summary>
internal static class AccessSchemes
{
    /// <summary>The one that all policies name: it chooses one of the others by the form of what was sent.</summary>
    public const string Any = "OrleansRaft";

    /// <summary>API keys.</summary>
    public const string Key = "OrleansRaft.Key";

    /// <summary>Tokens of others: ASP.NET's own name, and that of its section in the configuration.</summary>
    public const string Bearer = "Bearer";

    /// <summary>The cookie in which the page's browser holds the key; no script can read it.</summary>
    public const string Cookie = "oraft-key";

    private const string Word = "Bearer ";

    /// <summary>What was sent: the header's token, or the cookie's; null when there is none.</summary>
    public static string? TokenOf(HttpRequest request)
    {
        if (request.Headers.TryGetValue(HeaderNames.Authorization, out var values))
        {
            return values.Count == 1 && values[0] is { } header && header.StartsWith(Word, StringComparison.OrdinalIgnoreCase)
                ? header[Word.Length..].Trim()
                : "";
        }

        return IsFromItsOwnPage(request) && request.Cookies.TryGetValue(Cookie, out var kept) ? kept : null;
    }

    /// <summary>The scheme for what was sent.</summary>
    /// <param name="token">What was sent; null for nothing.</param>
    /// <param name="takesTokens">Whether tokens of others are taken.</param>
    public static string Of(string? token, bool takesTokens) =>
        takesTokens && token is not null && !token.StartsWith(ApiKeyText.Prefix, StringComparison.Ordinal) ? Bearer : Key;

    /// <summary>
    /// Browsers send cookies for whichever page asks. Those that do so say where the page is from, and a page of another port of this machine, for
    /// which the cookie's own rule makes no difference, is none of ours.
    /// </summary>
    private static bool IsFromItsOwnPage(HttpRequest request) =>
        !request.Headers.TryGetValue("Sec-Fetch-Site", out var site) || site.ToString() is "same-origin" or "none";
}
