using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Grains.Levels;
using OrleansRaft.Runtime;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Levels;

/// <summary>At which feature level the cluster works, as the HTTP API shows and raises it.</summary>
/// <param name="levels">Knows it.</param>
internal sealed class LevelEndpoints(IRaftLevels levels)
{
    private const int NamesMax = 1_000;
    private static readonly string[] Fields = ["without"];

    public async Task GetAsync(HttpContext context) => Answer(context, await levels.DescribeAsync(context.RequestAborted), "The question");

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

        Answer(context, await levels.FinalizeAsync(names, context.RequestAborted), "The raise of the feature level");
    }

    private static string? NameOf(JsonElement item) => item.ValueKind == JsonValueKind.String ? item.GetString() : null;

    private static void Answer(HttpContext context, Outcome<LevelsView> outcome, string subject)
    {
        switch (outcome)
        {
            case Committed<LevelsView> committed:
                Write(context.Response, committed.Value);
                break;
            case Rejected<LevelsView> { Reason: RejectionReason.InvalidRequest } rejection:
                KnownProblems.InvalidRequest("without", $"{subject} is refused, and nothing was changed. {rejection.Detail}").Write(context.Response);
                break;
            case Rejected<LevelsView> { Reason: RejectionReason.VersionNotRaised } rejection:
                new Problem(
                    StatusCodes.Status409Conflict,
                    ProblemTypes.LevelNotRaised,
                    "The cluster's feature level is not raised.",
                    $"{subject} is refused, and nothing was changed. {rejection.Detail}").Write(context.Response);
                break;
            case Rejected<LevelsView> rejection:
                OutcomeProblems.Of(rejection, subject).Write(context.Response);
                break;
            case Unknown<LevelsView> unknown:
                KnownProblems.LevelUnknown(subject, unknown.Detail).Write(context.Response);
                break;
            default:
                throw new InvalidOperationException($"{subject} was answered with {outcome}, which is no answer to it.");
        }
    }

    private static void Write(HttpResponse response, LevelsView view)
    {
        using var json = JsonAnswer.Start(response);
        json.WriteStartObject();
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
        json.WriteEndObject();
    }
}
