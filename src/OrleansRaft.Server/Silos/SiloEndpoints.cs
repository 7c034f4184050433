using Microsoft.AspNetCore.Http;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Runtime;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Silos;

/// <summary>What the HTTP API does with whole silos.</summary>
/// <param name="admin">Does it.</param>
internal sealed class SiloEndpoints(IRaftAdmin admin)
{
    public async Task DecommissionAsync(HttpContext context)
    {
        var silo = context.Request.RouteValues["silo"] as string ?? "";
        var subject = $"The departure of {Shortened.Of(silo)}";
        switch (await admin.DecommissionAsync(silo, context.RequestAborted))
        {
            case Committed<Decommissioning> { Value: var step }:
                Write(context.Response, step);
                break;
            case Rejected<Decommissioning> { Reason: RejectionReason.InvalidRequest } rejection:
                KnownProblems.InvalidRequest("silo", $"{subject} is refused. {rejection.Detail}").Write(context.Response);
                break;
            case Rejected<Decommissioning> rejection:
                OutcomeProblems.Of(rejection, subject).Write(context.Response);
                break;
            case Unknown<Decommissioning> unknown:
                KnownProblems.ChangeUnknown(subject, unknown.Detail).Write(context.Response);
                break;
            case var other:
                throw new InvalidOperationException($"{subject} was answered with {other}, which is no answer to it.");
        }
    }

    private static void Write(HttpResponse response, Decommissioning step)
    {
        using var json = JsonAnswer.Start(response);
        json.WriteStartObject();
        json.WriteString("silo"u8, step.Silo);
        json.WriteNumber("moved"u8, step.Moved);
        json.WriteNumber("left"u8, step.Left);
        json.WriteBoolean("leaving"u8, step.IsLeaving);
        json.WriteEndObject();
    }
}
