using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using OrleansRaft.Grains.Backup;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Server.Description;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Backup;

/// <summary>The operations on backups, as the OpenAPI document describes them.</summary>
internal static class BackupOperations
{
    private static readonly ApiParameter MegabytesPerSecond = ApiParameter.InQuery(
        BackupEndpoints.Rate,
        "How many millions of bytes of states are read a second, at most, so that the backup leaves the processors to others; 0 for no limit.",
        () => new OpenApiSchema
        {
            Type = JsonSchemaType.Integer,
            Format = "int32",
            Minimum = "0",
            Maximum = $"{BackupPace.Max}",
            Default = JsonValue.Create(BackupPace.ByDefault),
        });

    public static readonly ApiOperation CreateBackup = new("createBackup", ApiTag.Operations, "Makes a backup of the whole cluster, while it serves")
    {
        Access = AccessRole.Operator,
        Description = "The answer is the backup: a file whose format OrleansRaft.Runtime documents. It holds the state of each group as it is when "
            + "its turn comes, with everything that was acknowledged before. It is whole only if it ends with its foot: where a group does not give "
            + "its state, it ends with the reason instead. `oraft backup create` checks that.",
        Parameters = [MegabytesPerSecond],
        Success = new(200, "The backup.", MediaType: "application/octet-stream"),
        Problems =
        [
            ApiProblem.InvalidRequest,
            ApiProblem.Overloaded,
            ApiProblem.InternalError,
            ApiProblem.NoLeader,
            new(503, ProblemTypes.MachineHalted, "the state machine of the catalogue is halted; there is no backup"),
        ],
    };
}
