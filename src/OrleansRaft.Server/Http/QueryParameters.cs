using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Http;

/// <summary>Reads the parameters behind a path's question mark. Unknown ones are ignored, as usual on the web.</summary>
public static class QueryParameters
{
    /// <summary>The most that <c>limit</c> may ask for, wherever it is used.</summary>
    public const int LimitMax = 1_000;

    /// <summary>What a read may see.</summary>
    /// <param name="request">The request.</param>
    public static Checked<ReadConsistency> Consistency(HttpRequest request) => Text(request, "consistency") switch
    {
        { Problem: { } problem } => problem,
        { Value: null or "linearizable" } => ReadConsistency.Linearizable,
        { Value: "lease" } => ReadConsistency.Lease,
        { Value: "stale" } => ReadConsistency.Stale,
        { Value: var other } => KnownProblems.InvalidRequest(
            "consistency", $"The parameter consistency is {Shortened.Of(other)}. Use linearizable (the default), lease or stale."),
    };

    /// <summary>The most items on a page.</summary>
    /// <param name="request">The request.</param>
    /// <param name="otherwise">How many without the parameter.</param>
    public static Checked<int> Limit(HttpRequest request, int otherwise) => Text(request, "limit") switch
    {
        { Problem: { } problem } => problem,
        { Value: null } => otherwise,
        { Value: var text } when TryParse(text, out var limit) && limit is >= 1 and <= LimitMax => (int)limit,
        { Value: var other } => KnownProblems.InvalidRequest(
            "limit", $"The parameter limit is {Shortened.Of(other)}. Use a number from 1 to {LimitMax}."),
    };

    /// <summary>The log index after which a page begins; 0 for the first page.</summary>
    /// <param name="request">The request.</param>
    public static Checked<long> AfterIndex(HttpRequest request) => Text(request, "after") switch
    {
        { Problem: { } problem } => problem,
        { Value: null or "" } => 0,
        { Value: var text } when TryParse(text, out var index) => index,
        { Value: var other } => KnownProblems.InvalidRequest(
            "after", $"The parameter after is {Shortened.Of(other)}. Use a log index from 0: the next of the page before."),
    };

    /// <summary>A number.</summary>
    /// <param name="request">The request.</param>
    /// <param name="name">Its name.</param>
    /// <param name="min">The least.</param>
    /// <param name="max">The greatest.</param>
    /// <param name="otherwise">What it is when it is not given.</param>
    internal static Checked<int> Number(HttpRequest request, string name, int min, int max, int otherwise) => Text(request, name) switch
    {
        { Problem: { } problem } => problem,
        { Value: null } => otherwise,
        { Value: var text } when TryParse(text, out var number) && number >= min && number <= max => (int)number,
        { Value: var other } => KnownProblems.InvalidRequest(
            name, $"The parameter {name} is {Shortened.Of(other)}. Use a number from {min} to {max}."),
    };

    /// <summary>Yes or no; no when it is not given.</summary>
    /// <param name="request">The request.</param>
    /// <param name="name">Its name.</param>
    public static Checked<bool> Flag(HttpRequest request, string name) => Text(request, name) switch
    {
        { Problem: { } problem } => problem,
        { Value: null or "false" } => false,
        { Value: "true" } => true,
        { Value: var other } => KnownProblems.InvalidRequest(name, $"The parameter {name} is {Shortened.Of(other)}. Use true or false."),
    };

    /// <summary>A parameter as it is; null when it is not given.</summary>
    /// <param name="request">The request.</param>
    /// <param name="name">Its name.</param>
    public static Checked<string?> Text(HttpRequest request, string name)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!request.QueryString.HasValue || !request.Query.TryGetValue(name, out var values))
        {
            return (string?)null;
        }

        return values.Count == 1
            ? values[0]
            : KnownProblems.InvalidRequest(name, $"The parameter {name} is given {values.Count} times. Give it once.");
    }

    private static bool TryParse(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
