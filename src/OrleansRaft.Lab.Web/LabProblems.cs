using Microsoft.AspNetCore.Http;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Lab.Web;

/// <summary>The problems that are the lab's own. Their types are public: programs decide by them.</summary>
internal static class LabProblems
{
    /// <summary>403: the lab is off on this silo; nothing was changed.</summary>
    public const string LabDisabled = "lab-disabled";

    /// <summary>404: the lab has no such scenario.</summary>
    public const string UnknownScenario = "unknown-scenario";

    internal static Problem Disabled() =>
        new(
            StatusCodes.Status403Forbidden,
            LabDisabled,
            "The lab is off.",
            "The lab is off on this silo. Set Raft:Server:Lab to true, or use `oraft demo`, where it is on, "
                + "or `oraft lab run`, which needs no server.");

    internal static Problem Unknown(string scenario) =>
        new(
            StatusCodes.Status404NotFound,
            UnknownScenario,
            "There is no such scenario.",
            $"The lab has no scenario {Shortened.Of(scenario)}. GET /api/v1/lab lists those there are.");

    internal static Problem Busy() =>
        new(
            StatusCodes.Status429TooManyRequests,
            ProblemTypes.Overloaded,
            "The lab is busy.",
            "The lab plays one scenario after the other, and others wait already. Try again after the time in Retry-After.")
        {
            RetryAfterSeconds = 5,
        };
}
