using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Server.Description;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Groups;

/// <summary>The operations on whole sets of groups, as the OpenAPI document describes them.</summary>
internal static class SetOperations
{
    private static readonly ApiSchema DeletedSet = new(nameof(DeletedSet), static () => Shapes.Closed(
    [
        ("set", Shapes.Text("Which set.")),
        ("replicas", Shapes.Number("How many replicas had stored something, which is deleted.")),
    ]));

    public static readonly ApiOperation DeleteSet = new("deleteSet", ApiTag.Groups, "Deletes a set of groups, with all that they hold")
    {
        Access = AccessRole.Admin,
        Description = "Of those that were added after the cluster first started, and that no silo is configured with any more: take its state "
            + "machine out of every silo's configuration and restart them first. Its name is never used again, so that a store that comes back with "
            + "what it held of it does no harm.",
        Parameters =
        [
            ApiParameter.InPath("set", "Which set, by its name."),
            ApiParameter.InQuery("confirm", "The set's name once more: the deletion cannot be taken back."),
        ],
        Success = new(200, "It is deleted.", DeletedSet),
        Problems =
        [
            ApiProblem.InvalidRequest,
            new(404, ProblemTypes.UnknownGroup, "there is no such set"),
            new(409, ProblemTypes.ConfigurationConflict, "a silo is configured with it, or cannot be asked; nothing was deleted"),
            ApiProblem.InternalError,
            ApiProblem.NoLeader,
            new(504, ProblemTypes.OutcomeUnknown, "something may be left; send the request again"),
        ],
    };
}
