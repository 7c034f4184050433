using Microsoft.AspNetCore.Http;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Groups;

/// <summary>The groups of the HTTP API, and their logs.</summary>
/// <param name="admin">Looks into the groups.</param>
/// <param name="json">Writes them.</param>
/// <param name="log">Writes their logs.</param>
internal sealed class GroupEndpoints(IRaftAdmin admin, GroupJson json, LogJson log)
{
    /// <summary>How many groups a page has unless told.</summary>
    public const int GroupPageSize = 1_000;

    /// <summary>How many entries a page of a log has unless told.</summary>
    public const int LogPageSize = 100;

    public async Task ListAsync(HttpContext context)
    {
        var after = QueryParameters.Text(context.Request, "after");
        var limit = QueryParameters.Limit(context.Request, GroupPageSize);
        if ((after.Problem ?? limit.Problem) is { } problem)
        {
            problem.Write(context.Response);
            return;
        }

        var page = await admin.ListGroupsAsync(string.IsNullOrEmpty(after.Value) ? null : after.Value, limit.Value, context.RequestAborted);
        json.WritePage(context.Response, page);
    }

    public async Task GetAsync(HttpContext context)
    {
        var group = NameOf(context);
        if (await admin.GetGroupAsync(group, context.RequestAborted) is { } view)
        {
            json.WriteGroup(context.Response, view);
        }
        else
        {
            KnownProblems.UnknownGroup(group).Write(context.Response);
        }
    }

    public async Task CompareAsync(HttpContext context)
    {
        var group = NameOf(context);
        var request = new OperatorRequest($"The comparison of {group}", "It changes no state: POST it again.");
        var compared = request.Of(await admin.CompareAsync(group, context.RequestAborted));
        JsonAnswer.Write(context.Response, compared, GroupJson.WriteComparison);
    }

    public async Task ReadLogAsync(HttpContext context)
    {
        var group = NameOf(context);
        var after = QueryParameters.AfterIndex(context.Request);
        var limit = QueryParameters.Limit(context.Request, LogPageSize);
        if ((after.Problem ?? limit.Problem) is { } problem)
        {
            problem.Write(context.Response);
            return;
        }

        if (await admin.ReadLogAsync(group, new LogIndex(after.Value), limit.Value, context.RequestAborted) is { } entries)
        {
            log.Write(context.Response, group, entries, hasMore: entries.Count == limit.Value);
        }
        else
        {
            KnownProblems.UnknownGroup(group).Write(context.Response);
        }
    }

    private static string NameOf(HttpContext context) => context.Request.RouteValues["group"] as string ?? "";
}
