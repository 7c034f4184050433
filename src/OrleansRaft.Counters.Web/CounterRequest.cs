using Microsoft.AspNetCore.Http;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Counters.Web;

/// <summary>Reads what requests say of counters.</summary>
internal static class CounterRequest
{
    /// <summary>Reads what a write asks of the counter as it is.</summary>
    public static Checked<CounterCondition> ReadCondition(HttpRequest request) => EntityTag.ReadCondition(request, "counter") switch
    {
        { Problem: { } problem } => problem,
        { Value: (IfMatch.Exists, _) } => CounterCondition.Exists,
        { Value: (IfMatch.Unchanged, var index) } => CounterCondition.Unchanged(index),
        _ => CounterCondition.None,
    };

    /// <summary>The counter after which a page begins; empty for the first page.</summary>
    public static Checked<string> ReadAfter(HttpRequest request) => QueryParameters.Text(request, "after") switch
    {
        { Problem: { } problem } => problem,
        { Value: null or "" } => "",
        { Value: var name } when NameRule.Holds(name) => name,
        { Value: var other } => KnownProblems.InvalidRequest(
            "after", $"The parameter after is {Shortened.Of(other)}, but {NameRule.Sentence}: the next of the page before."),
    };
}
