using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Server.Description;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Silos;

/// <summary>The operations on silos, as the OpenAPI document describes them.</summary>
internal static class SiloOperations
{
    private static readonly ApiSchema Decommissioning = new(nameof(Decommissioning), static () => Shapes.Closed(
    [
        ("silo", Shapes.Text("Which silo.")),
        ("moved", Shapes.Number("How many members this request moved from its local store to others'.")),
        ("left", Shapes.Number("How many still have to be: send the request again.")),
        ("leaving", Shapes.Flag("Whether it is being decommissioned.")),
    ]));

    public static readonly ApiOperation Decommission = new("decommissionSilo", ApiTag.Groups, "Lets a silo leave the cluster for good")
    {
        Access = AccessRole.Operator,
        Description = "Members that are bound to its local store are moved to other silos' first, for some seconds: while left is not 0, send the "
            + "request again. Then it hands its leaderships over and stops, and the others take over at once what it hosted. A silo of its name that "
            + "is started again joins again: take it from its supervisor first.",
        Parameters = [ApiParameter.InPath("silo", "Which silo, by its name.")],
        Success = new(200, "How far it has come.", Decommissioning),
        Problems =
        [
            ApiProblem.InvalidRequest,
            new(409, ProblemTypes.ConfigurationConflict, "the members of a group are being changed"),
            ApiProblem.InternalError,
            ApiProblem.NoLeader,
            new(504, ProblemTypes.OutcomeUnknown, "members may have been moved; send the request again"),
        ],
    };
}
