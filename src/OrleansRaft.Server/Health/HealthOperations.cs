using Microsoft.OpenApi;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Server.Description;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Health;

/// <summary>Health, alarms and measurements, as the OpenAPI document describes them.</summary>
internal static class HealthOperations
{
    private static readonly ApiSchema Health =
        new(nameof(Health), static () => Shapes.Closed([("status", Shapes.Choice("What it is.", "live", "ready"))]));

    private static readonly ApiSchema Alarm = new(nameof(Alarm), static () => Shapes.Closed(
    [
        ("alarm", Shapes.Text("What kind: leaderless, store-unreachable, store-full, store-corrupt; others may be added.")),
        ("group", Shapes.Text("The group that suffers; null when it is not one group's.", Shapes.OrNull)),
        ("silo", Shapes.Text("The silo that suffers; null when it is not one silo's.", Shapes.OrNull)),
        ("since", new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time", Description = "Since when, as far as is known." }),
        ("detail", Shapes.Text("What is wrong, with what.")),
        ("remedy", Shapes.Text("What to do.")),
    ]));

    private static readonly ApiSchema AlarmList =
        new(nameof(AlarmList), static schemas => Shapes.Closed([("alarms", schemas.ArrayOf(Alarm))]));

    public static readonly ApiOperation Live = new("checkLive", ApiTag.Operations, "Whether the process runs")
    {
        Access = AccessRole.None,
        Success = new(200, "It runs.", Health),
    };

    public static readonly ApiOperation Ready =
        new("checkReady", ApiTag.Operations, "Whether the silo has joined, reaches its stores, and its replicas have caught up")
        {
            Access = AccessRole.None,
            Success = new(200, "It is ready.", Health),
            Problems = [new(503, ProblemTypes.NotReady, "the silo is not ready"), ApiProblem.InternalError],
        };

    public static readonly ApiOperation Alarms =
        new("listAlarms", ApiTag.Operations, "What is wrong anywhere in the cluster; empty when all is well")
        {
            Access = AccessRole.Reader,
            Success = new(200, "The alarms, at most 1,000.", AlarmList),
            Problems = [ApiProblem.InternalError],
        };

    public static readonly ApiOperation Metrics = new("readMetrics", ApiTag.Operations, "Measurements in Prometheus' text format")
    {
        Success = new(200, "The measurements.", MediaType: "text/plain"),
    };
}
