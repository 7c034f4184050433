using System.Text.Json.Nodes;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Server.Description;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Limits;

/// <summary>What tenants may take, as the OpenAPI document describes it.</summary>
internal static class LimitOperations
{
    private static readonly ApiParameter Tenant = ApiParameter.InPath("tenant", "Which tenant.");

    private static readonly ApiSchema Limits = new(nameof(Limits), static () => Shapes.Closed(
    [
        ("tenant", Shapes.Text("Which tenant.")),
        ("requestsPerSecond", Shapes.Number("Requests a second to one silo, on average; null for any number.", Shapes.OrNull)),
        ("burst", Shapes.Number("How many of them may come at once, after a pause; null for any number.", Shapes.OrNull)),
        ("atOnce", Shapes.Number("How many are served at one time by one silo; null for any number.", Shapes.OrNull)),
        (
            "idempotencyKeys",
            Shapes.Number("How many idempotency keys are remembered at one time by way of one silo, about; null for any number.", Shapes.OrNull)),
        ("counters", Shapes.Number("How many counters it may have in the cluster; null for any number.", Shapes.OrNull)),
        ("bytes", Shapes.Number("How many bytes its counters may take in each replica's state; null for any number.", Shapes.OrNull)),
    ]));

    private static readonly ApiSchema LimitsBody = new(nameof(LimitsBody), static () =>
    {
        var schema = Shapes.Closed(
        [
            ("requestsPerSecond", Shapes.Number("Requests a second to one silo, on average; 0 for any number.")),
            ("burst", Shapes.Number("How many of them may come at once; 0 for as many as in a second.")),
            ("atOnce", Shapes.Number("How many are served at one time by one silo; 0 for any number.")),
            ("idempotencyKeys", Shapes.Number("How many idempotency keys are remembered at one time by way of one silo, about; 0 for any number.")),
            ("counters", Shapes.Number("How many counters it may have in the cluster; 0 for any number.")),
            ("bytes", Shapes.Number("How many bytes its counters may take in each replica's state; 0 for any number.")),
        ]);
        schema.Required!.Clear();
        schema.Examples = [new JsonObject { ["requestsPerSecond"] = 100, ["burst"] = 200 }];
        return schema;
    });

    public static readonly ApiOperation GetLimits = new("getLimits", ApiTag.Access, "Shows what a tenant may take of one silo")
    {
        Access = AccessRole.Reader,
        Parameters = [Tenant],
        Success = new(200, "What is in force on the silo that answers.", Limits),
        Problems = [ApiProblem.InvalidRequest, ApiProblem.InternalError],
    };

    public static readonly ApiOperation SetLimits = new("setLimits", ApiTag.Access, "Gives a tenant limits of its own")
    {
        Access = AccessRole.Operator,
        Description = "What is left out is as for all tenants. In force on every silo within five seconds, where keys are asked for.",
        Parameters = [Tenant],
        Body = LimitsBody,
        Success = new(200, "What is in force now.", Limits),
        Problems = [.. Problems, ApiProblem.BodyTooLarge, ApiProblem.NotJson],
    };

    public static readonly ApiOperation ClearLimits = new("clearLimits", ApiTag.Access, "Takes a tenant's own limits away")
    {
        Access = AccessRole.Operator,
        Parameters = [Tenant],
        Success = new(200, "What is in force now.", Limits),
        Problems = [.. Problems],
    };

    private static ApiProblem[] Problems =>
    [
        ApiProblem.InvalidRequest,
        new(409, ProblemTypes.TooManyLimits, "as many tenants as may be have limits of their own"),
        ApiProblem.Overloaded,
        ApiProblem.InternalError,
        ApiProblem.NoLeader,
        new(504, ProblemTypes.OutcomeUnknown, "the change may have been made; make it again"),
    ];
}
