using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Server.Description;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Backup;

/// <summary>The operations on backups, as the OpenAPI document describes them.</summary>
internal static class BackupOperations
{
    public static readonly ApiOperation CreateBackup = new("createBackup", ApiTag.Operations, "Makes a backup of the whole cluster, while it serves")
    {
        Access = AccessRole.Operator,
        Description = "The answer is the backup: a file whose format OrleansRaft.Runtime documents. It holds the state of each group as it is when "
            + "its turn comes, with everything that was acknowledged before. It is whole only if it ends with its foot: where a group does not give "
            + "its state, it ends with the reason instead. `oraft backup create` checks that.",
        Success = new(200, "The backup.", MediaType: "application/octet-stream"),
        Problems =
        [
            ApiProblem.Overloaded,
            ApiProblem.InternalError,
            ApiProblem.NoLeader,
            new(503, ProblemTypes.MachineHalted, "the state machine of the catalogue is halted; there is no backup"),
        ],
    };
}
