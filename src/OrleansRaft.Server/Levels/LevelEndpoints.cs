using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Grains.Levels;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Levels;

/// <summary>At which feature level the cluster works, as the HTTP API shows and raises it.</summary>
/// <param name="levels">Knows it.</param>
internal sealed class LevelEndpoints(IRaftLevels levels)
{
    private const int NamesMax = 1_000;
    private static readonly string[] Fields = ["without"];

    private static readonly OperatorRequest Raise = new("The raise of the feature level", "GET /api/v1/cluster/versions to see what became of it.")
    {
        FieldOf = static _ => "without",
        ProblemOf = static (reason, sentence) => reason == RejectionReason.VersionNotRaised
            ? new(StatusCodes.Status409Conflict, ProblemTypes.LevelNotRaised, "The cluster's feature level is not raised.", sentence)
            : null,
    };

    public async Task GetAsync(HttpContext context) => JsonAnswer.Write(
        context.Response, OperatorRequest.Read(await levels.DescribeAsync(context.RequestAborted), "The cluster's feature level"), Write);

    public async Task FinalizeAsync(HttpContext context)
    {
        var without = await JsonBody.ReadAsync(context.Request, Fields, static body => body.List("without", NameOf, "names of silos"));
        if (without.Problem is { } problem)
        {
            problem.Write(context.Response);
            return;
        }

        var names = without.Value ?? [];
        if (names.Length > NamesMax)
        {
            KnownProblems.InvalidRequest("without", $"The field \"without\" has {names.Length} names, but at most {NamesMax} are taken at once.")
                .Write(context.Response);
            return;
        }

        JsonAnswer.Write(context.Response, Raise.Of(await levels.FinalizeAsync(names, context.RequestAborted)), Write);
    }

    private static string? NameOf(JsonElement item) => item.ValueKind == JsonValueKind.String ? item.GetString() : null;

    private static void Write(Utf8JsonWriter json, LevelsView view)
    {
        json.WriteNumber("level"u8, view.InForce);
        json.WriteNumber("reachable"u8, view.Reachable);
        json.WriteBoolean("automatic"u8, view.IsAutomatic);
        json.WriteStartArray("silos"u8);
        foreach (var silo in view.Silos)
        {
            json.WriteStartObject();
            json.WriteString("silo"u8, silo.Name);
            json.WriteNumber("newest"u8, silo.Newest);
            json.WriteBoolean("active"u8, silo.IsActive);
            json.WriteString("program"u8, silo.Program);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
