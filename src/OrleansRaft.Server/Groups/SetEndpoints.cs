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
        var request = new OperatorRequest($"The deletion of the set {Shortened.Of(set)}", "Send the request again: that does no harm.")
        {
            FieldOf = static _ => "set",
            ProblemOf = static (reason, sentence) => reason switch
            {
                RejectionReason.UnknownGroup => new(
                    StatusCodes.Status404NotFound, ProblemTypes.UnknownGroup, "There is no such set.", sentence),
                RejectionReason.ConfigurationConflict => new(
                    StatusCodes.Status409Conflict, ProblemTypes.ConfigurationConflict, "The set may be in use.", sentence),
                _ => null,
            },
        };
        if (QueryParameters.Text(context.Request, Confirm) is not { Problem: null, Value: var confirmed } || confirmed != set)
        {
            KnownProblems.InvalidRequest(
                    Confirm,
                    $"{request.Subject} cannot be taken back. Confirm it with the set's name once more, as the parameter {Confirm}. Nothing was "
                        + "deleted.")
                .Write(context.Response);
            return;
        }

        var outcome = services.GetService<IRaftCatalogue>() is { } catalogue
            ? await catalogue.DeleteSetAsync(set, context.RequestAborted)
            : new Rejected<int>(
                RejectionReason.InvalidRequest, null, TimeSpan.Zero, "This cluster has no catalogue, which alone adds and deletes sets.");
        JsonAnswer.Write(context.Response, request.Of(outcome), (json, replicas) =>
        {
            json.WriteString("set"u8, set);
            json.WriteNumber("replicas"u8, replicas);
        });
    }
}
