using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Server.Description;

namespace OrleansRaft.Lab.Web;

/// <summary>The operations of the lab, as the OpenAPI document describes them.</summary>
internal static class LabOperations
{
    private static readonly ApiTag Lab = new("Lab", "Scenarios that are played on the real algorithm under virtual time.", 350);
    private static readonly ApiParameter Scenario = ApiParameter.InPath("scenario", "Which scenario, such as replication.");
    private static readonly ApiProblem LabOff = new(403, LabProblems.LabDisabled, "the lab is off on this silo");
    private static readonly ApiProblem NoSuchScenario = new(404, LabProblems.UnknownScenario, "the lab has no such scenario");

    public static readonly ApiOperation ListScenarios = new("listScenarios", Lab, "Lists the scenarios of the lab")
    {
        Access = AccessRole.Reader,
        Success = new(200, "The scenarios.", LabSchemas.ScenarioList),
        Problems = [LabOff, ApiProblem.InternalError],
    };

    public static readonly ApiOperation GetScenario = new("getScenario", Lab, "Reads a scenario")
    {
        Access = AccessRole.Reader,
        Parameters = [Scenario],
        Success = new(200, "The scenario, as it can be altered and posted.", LabSchemas.Scenario),
        Problems = [LabOff, NoSuchScenario, ApiProblem.InternalError],
    };

    public static readonly ApiOperation PlayScenario = new("playScenario", Lab, "Plays a scenario on the real algorithm under virtual time")
    {
        Access = AccessRole.Reader,
        Parameters = [Scenario],
        Success = new(200, "The recording of the whole play: the same every time.", LabSchemas.Recording),
        Problems = [LabOff, NoSuchScenario, ApiProblem.Overloaded, ApiProblem.InternalError],
    };

    public static readonly ApiOperation PlayPosted = new("playPostedScenario", Lab, "Plays a scenario of the visitor's own")
    {
        Access = AccessRole.Reader,
        Description = "Nothing of it is kept. What is wrong with it is named by its place, such as steps[3].cut.",
        Body = LabSchemas.Scenario,
        Success = new(200, "The recording of the whole play.", LabSchemas.Recording),
        Problems =
        [
            ApiProblem.InvalidRequest, LabOff, ApiProblem.BodyTooLarge, ApiProblem.NotJson, ApiProblem.Overloaded, ApiProblem.InternalError,
        ],
    };
}
