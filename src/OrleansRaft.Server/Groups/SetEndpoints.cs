using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Runtime;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Groups;

/// <summary>What the HTTP API does with whole sets of groups.</summary>
/// <param name="services">Has the catalogue, where there is one.</param>
internal sealed class SetEndpoints(IServiceProvider services)
{
    private const string Confirm = "confirm";

    public async Task DeleteAsync(HttpContext context)
    {
        var set = context.Request.RouteValues["set"] as string ?? "";
        var subject = $"The deletion of the set {Shortened.Of(set)}";
        if (QueryParameters.Text(context.Request, Confirm) is not { Problem: null, Value: var confirmed } || confirmed != set)
        {
            KnownProblems.InvalidRequest(
                    Confirm,
                    $"{subject} cannot be taken back. Confirm it with the set's name once more, as the parameter {Confirm}. Nothing was deleted.")
                .Write(context.Response);
            return;
        }

        var outcome = services.GetService<IRaftCatalogue>() is { } catalogue
            ? await catalogue.DeleteSetAsync(set, context.RequestAborted)
            : new Rejected<int>(
                RejectionReason.InvalidRequest, null, TimeSpan.Zero, "This cluster has no catalogue, which alone adds and deletes sets.");
        switch (outcome)
        {
            case Committed<int> { Value: var deleted }:
                Write(context.Response, set, deleted);
                break;
            case Rejected<int> { Reason: RejectionReason.InvalidRequest } rejection:
                KnownProblems.InvalidRequest("set", $"{subject} is refused. {rejection.Detail}").Write(context.Response);
                break;
            case Rejected<int> { Reason: RejectionReason.UnknownGroup or RejectionReason.ConfigurationConflict } rejection:
                Refuse(rejection, subject).Write(context.Response);
                break;
            case Rejected<int> rejection:
                OutcomeProblems.Of(rejection, subject).Write(context.Response);
                break;
            case Unknown<int> unknown:
                KnownProblems.ChangeUnknown(subject, unknown.Detail).Write(context.Response);
                break;
            case var other:
                throw new InvalidOperationException($"{subject} was answered with {other}, which is no answer to it.");
        }
    }

    private static Problem Refuse(Rejected<int> rejection, string subject) => rejection.Reason == RejectionReason.UnknownGroup
        ? new Problem(StatusCodes.Status404NotFound, ProblemTypes.UnknownGroup, "There is no such set.", $"{subject} is refused. {rejection.Detail}")
        : new Problem(
            StatusCodes.Status409Conflict, ProblemTypes.ConfigurationConflict, "The set may be in use.", $"{subject} is refused. {rejection.Detail}");

    private static void Write(HttpResponse response, string set, int replicas)
    {
        using var json = JsonAnswer.Start(response);
        json.WriteStartObject();
        json.WriteString("set"u8, set);
        json.WriteNumber("replicas"u8, replicas);
        json.WriteEndObject();
    }
}
