using Microsoft.OpenApi;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Server.Description;

namespace OrleansRaft.Server.Audit;

/// <summary>The audit, as the OpenAPI document describes it.</summary>
internal static class AuditOperations
{
    private static readonly ApiSchema AuditEntry = new(nameof(AuditEntry), static () => Shapes.Closed(
    [
        ("number", Shapes.Number("Its number: one more than that of the entry before.")),
        (
            "time",
            new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time", Description = "When, by the clock of the silo that was asked." }),
        ("who", Shapes.Text("The name and the id of the key, or the subject of the token; anonymous where no keys are asked for.")),
        ("from", Shapes.Text("The address that it came from.")),
        ("what", Shapes.Text("The operation with its method, path and the beginning of its body.")),
        ("result", Shapes.Text("The status of the answer, and the type of the problem if there was one.")),
        ("silo", Shapes.Text("The silo that was asked.")),
    ]));

    private static readonly ApiSchema AuditPage = new(
        nameof(AuditPage),
        static schemas => schemas.PageOf(
            "entries", AuditEntry, Shapes.Number("The after of the next page, of older entries; null on the last one.", Shapes.OrNull)));

    public static readonly ApiOperation ReadAudit = new("readAudit", ApiTag.Access, "Shows changes and who made them, the latest first")
    {
        Description = "Every change of an operator or admin, and every attempt; the last thousand.",
        Access = AccessRole.Admin,
        Parameters =
        [
            ApiParameter.InQuery("after", "Entries older than this number: the next of the page before."),
            ApiParameter.Limit(AuditEndpoints.PageSize),
        ],
        Success = new(200, "A page of entries.", AuditPage),
        Problems = [ApiProblem.InvalidRequest, ApiProblem.Overloaded, ApiProblem.InternalError, ApiProblem.NoLeader],
    };
}
