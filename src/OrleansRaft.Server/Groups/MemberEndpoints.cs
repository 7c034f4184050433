using Microsoft.AspNetCore.Http;
using OrleansRaft.Core;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Runtime;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Groups;

/// <summary>
/// Who leads a group, who belongs to it, and which entries it passes over, as the HTTP API changes it. The answer is the group as it is then.
/// </summary>
/// <param name="admin">Makes the changes.</param>
/// <param name="json">Writes groups.</param>
internal sealed class MemberEndpoints(IRaftAdmin admin, GroupJson json)
{
    public async Task TransferAsync(HttpContext context)
    {
        var group = NameOf(context);
        var replica = await RequestBody.ReadInt64Async(context.Request, "replica");
        if (replica.Problem is { } problem)
        {
            problem.Write(context.Response);
            return;
        }

        if (replica.Value < 1)
        {
            KnownProblems.InvalidRequest("replica", $"The field \"replica\" is {replica.Value}, but replicas are numbered from 1.")
                .Write(context.Response);
            return;
        }

        var outcome = await admin.TransferLeadershipAsync(group, new ReplicaId(replica.Value), context.RequestAborted);
        await AnswerAsync(context, group, outcome, $"The transfer of {group}", static _ => "replica");
    }

    public async Task SkipAsync(HttpContext context)
    {
        var group = NameOf(context);
        var entry = await RequestBody.ReadInt64Async(context.Request, "entry");
        if (entry.Problem is { } problem)
        {
            problem.Write(context.Response);
            return;
        }

        if (entry.Value < 1)
        {
            KnownProblems.InvalidRequest("entry", $"The field \"entry\" is {entry.Value}, but entries are numbered from 1.").Write(context.Response);
            return;
        }

        var outcome = await admin.SkipEntryAsync(group, new LogIndex(entry.Value), context.RequestAborted);
        await AnswerAsync(context, group, outcome, $"The skip of entry {entry.Value} of {group}", static _ => "entry");
    }

    public async Task RaiseAsync(HttpContext context)
    {
        var group = NameOf(context);
        var version = await RequestBody.ReadInt64Async(context.Request, "version");
        if (version.Problem is { } problem)
        {
            problem.Write(context.Response);
            return;
        }

        if (version.Value is < MachineVersions.Initial or > MachineVersions.Max)
        {
            KnownProblems.InvalidRequest(
                "version",
                $"The field \"version\" is {version.Value}, but state machines have versions from {MachineVersions.Initial} to "
                    + $"{MachineVersions.Max}.")
                .Write(context.Response);
            return;
        }

        var outcome = await admin.UpgradeMachineAsync(group, (int)version.Value, context.RequestAborted);
        await AnswerAsync(context, group, outcome, $"The raise of {group} to version {version.Value}", static _ => "version");
    }

    public Task AddAsync(HttpContext context) => ChangeAsync(context, MembersBody.ReadAdditionAsync);

    public Task RemoveAsync(HttpContext context) => ChangeAsync(context, MembersBody.ReadRemovalAsync);

    public async Task DeleteRemovedAsync(HttpContext context)
    {
        var group = NameOf(context);
        var request = new OperatorRequest($"The deletion of what removed members of {group} stored", "Send the request again: that does no harm.");
        JsonAnswer.Write(context.Response, request.Of(await admin.DeleteRemovedAsync(group, context.RequestAborted)), (answer, deleted) =>
        {
            answer.WriteString("group"u8, group);
            answer.WriteStartArray("deleted"u8);
            foreach (var replica in deleted)
            {
                answer.WriteNumberValue(replica.Value);
            }

            answer.WriteEndArray();
        });
    }

    private static string NameOf(HttpContext context) => context.Request.RouteValues["group"] as string ?? "";

    private async Task ChangeAsync(HttpContext context, Func<HttpRequest, ValueTask<Checked<MembersRequest>>> read)
    {
        var group = NameOf(context);
        var request = await read(context.Request);
        if (request.Problem is { } problem)
        {
            problem.Write(context.Response);
            return;
        }

        var outcome = await admin.ChangeMembersAsync(group, request.Value.Goal, request.Value.Version, context.RequestAborted);
        await AnswerAsync(context, group, outcome, $"The change of the members of {group}", request.Value.FieldOf);
    }

    private async Task AnswerAsync<T>(HttpContext context, string group, Outcome<T> outcome, string subject, Func<string, string> fieldOf)
    {
        var request = new OperatorRequest(subject, "GET the group to see what became of it.") { FieldOf = fieldOf };
        if (request.Of(outcome).Problem is { } problem)
        {
            problem.Write(context.Response);
            return;
        }

        await WriteAsync(context, group);
    }

    private async Task WriteAsync(HttpContext context, string group)
    {
        if (await admin.GetGroupAsync(group, context.RequestAborted) is { } view)
        {
            json.WriteGroup(context.Response, view);
        }
        else
        {
            KnownProblems.UnknownGroup(group).Write(context.Response);
        }
    }
}
