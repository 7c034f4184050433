using System.Text.Json.Nodes;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Server.Description;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Levels;

/// <summary>The operations on feature levels, as the OpenAPI document describes them.</summary>
internal static class LevelOperations
{
    private static readonly ApiSchema SiloLevel = new(nameof(SiloLevel), static () => Shapes.Closed(
    [
        ("silo", Shapes.Text("Its name.")),
        ("newest", Shapes.Number("The newest feature level that its program supports, by its last report.")),
        ("active", Shapes.Flag("Whether it is there.")),
        ("program", Shapes.Text("The version of its program.")),
    ]));

    private static readonly ApiSchema Levels = new(nameof(Levels), static schemas => Shapes.Closed(
    [
        ("level", Shapes.Number("The feature level at which the cluster works.")),
        ("reachable", Shapes.Number("The latest level that the programs of all its silos support.")),
        ("automatic", Shapes.Flag("Whether it goes over to that by itself (Raft:AutoFinalize).")),
        ("silos", schemas.ArrayOf(SiloLevel)),
    ]));

    private static readonly ApiSchema FinalizeBody = new(nameof(FinalizeBody), static () =>
    {
        var body = Shapes.Body(
            "without", Shapes.List("Absent silos that will not come back; may be left out.", Shapes.Text("A name.")), new JsonArray("silo-3"));
        body.Required!.Clear();
        return body;
    });

    public static readonly ApiOperation GetVersions =
        new("getVersions", ApiTag.Operations, "At which feature level the cluster works, and what its silos support")
        {
            Access = AccessRole.Reader,
            Success = new(200, "The levels.", Levels),
            Problems = [ApiProblem.Overloaded, ApiProblem.InternalError, ApiProblem.NoLeader],
        };

    public static readonly ApiOperation Finalize =
        new("finalizeUpgrade", ApiTag.Operations, "Lets the cluster go over to the feature level that all its silos support")
        {
            Access = AccessRole.Operator,
            Description = "From then on no earlier program starts, and there is no way back. Refused while a silo's program is too old, an absent "
                + "one's too, unless it is named in without. Unless Raft:AutoFinalize is off, the cluster goes over by itself.",
            Body = FinalizeBody,
            Success = new(200, "The levels as they are then.", Levels),
            Problems =
            [
                ApiProblem.InvalidRequest,
                new(409, ProblemTypes.LevelNotRaised, "the program of a silo does not support a later level; nothing was changed"),
                ApiProblem.BodyTooLarge,
                ApiProblem.NotJson,
                ApiProblem.Overloaded,
                ApiProblem.InternalError,
                ApiProblem.NoLeader,
                new(504, ProblemTypes.OutcomeUnknown, "the level may have been raised; read it"),
            ],
        };
}
