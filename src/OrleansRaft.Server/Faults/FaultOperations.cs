using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Server.Description;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Faults;

/// <summary>The operations on faults, as the OpenAPI document describes them.</summary>
internal static class FaultOperations
{
    private static readonly ApiParameter Fault = ApiParameter.InPath("fault", "Which fault, such as f-3a9c01.");

    private static readonly ApiProblem FaultsOff =
        new(403, ProblemTypes.FaultsDisabled, "faults are off on this cluster, or this kind is not possible in it");

    public static readonly ApiOperation ListFaults = new("listFaults", ApiTag.Faults, "Lists the faults in force, and whether there can be any")
    {
        Access = AccessRole.Reader,
        Success = new(200, "The faults.", FaultSchemas.FaultList),
        Problems = [ApiProblem.InternalError],
    };

    public static readonly ApiOperation BeginFault = new("beginFault", ApiTag.Faults, "Breaks something in the running cluster, for a time")
    {
        Access = AccessRole.Operator,
        Description = "In force on every silo, whichever is asked, and healed by itself after the given seconds. Only where Faults:Enabled is set.",
        Body = FaultSchemas.FaultBody,
        Success = new(201, "The fault, in force.", FaultSchemas.Fault),
        Problems =
        [
            ApiProblem.InvalidRequest,
            FaultsOff,
            ApiProblem.UnknownGroup,
            ApiProblem.BodyTooLarge,
            ApiProblem.NotJson,
            ApiProblem.NoLeader,
            ApiProblem.InternalError,
        ],
    };

    public static readonly ApiOperation HealFault = new("healFault", ApiTag.Faults, "Heals a fault")
    {
        Access = AccessRole.Operator,
        Parameters = [Fault],
        Success = new(204, "The fault is healed.", MediaType: null),
        Problems =
        [
            FaultsOff, new(404, ProblemTypes.UnknownFault, "there is no such fault, or it has healed by itself"), ApiProblem.InternalError,
        ],
    };

    public static readonly ApiOperation HealFaults = new("healFaults", ApiTag.Faults, "Heals every fault")
    {
        Access = AccessRole.Operator,
        Success = new(204, "All faults are healed.", MediaType: null),
        Problems = [FaultsOff, ApiProblem.InternalError],
    };
}
