using Microsoft.AspNetCore.Http;
using OrleansRaft.Grains.Faults;
using OrleansRaft.Server.Problems;
using OrleansRaft.Server.Http;

namespace OrleansRaft.Server.Faults;

/// <summary>The faults of the HTTP API: put into the running cluster, listed, healed.</summary>
/// <param name="faults">Puts them.</param>
internal sealed class FaultEndpoints(IRaftFaults faults)
{
    public async Task ListAsync(HttpContext context)
    {
        var states = await faults.ListAsync(context.RequestAborted);
        using var json = JsonAnswer.Start(context.Response);
        json.WriteStartObject();
        json.WriteBoolean("enabled"u8, faults.IsEnabled);
        json.WriteBoolean("canKill"u8, faults.CanKill);
        json.WriteStartArray("silos"u8);
        foreach (var silo in faults.Silos)
        {
            json.WriteStringValue(silo);
        }

        json.WriteEndArray();
        json.WriteStartArray("faults"u8);
        foreach (var state in states)
        {
            FaultJson.Write(json, state.Fault, state.HealsIn);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public async Task BeginAsync(HttpContext context)
    {
        if (!faults.IsEnabled)
        {
            KnownProblems.FaultsDisabled().Write(context.Response);
            return;
        }

        var wanted = await FaultBody.ReadAsync(context.Request);
        if (wanted.Problem is { } problem)
        {
            problem.Write(context.Response);
            return;
        }

        var outcome = await faults.BeginAsync(wanted.Value, context.RequestAborted);
        if (outcome.Begun is not { } fault)
        {
            ProblemOf(outcome.Rejection!, wanted.Value).Write(context.Response);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.Location = $"/api/v1/faults/{fault.Id}";
        using var json = JsonAnswer.Start(context.Response);
        FaultJson.Write(json, fault, TimeSpan.FromSeconds(fault.Seconds));
    }

    public async Task HealAsync(HttpContext context)
    {
        var id = context.Request.RouteValues["fault"] as string ?? "";
        if (!faults.IsEnabled)
        {
            KnownProblems.FaultsDisabled().Write(context.Response);
        }
        else if (await faults.HealAsync(id, context.RequestAborted))
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        else
        {
            KnownProblems.UnknownFault(id).Write(context.Response);
        }
    }

    public async Task HealAllAsync(HttpContext context)
    {
        if (!faults.IsEnabled)
        {
            KnownProblems.FaultsDisabled().Write(context.Response);
            return;
        }

        await faults.HealAllAsync(context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static Problem ProblemOf(FaultRejection rejection, Fault wanted) => rejection.Reason switch
    {
        FaultRejectionReason.Disabled => KnownProblems.FaultsDisabled(rejection.Detail) with
        {
            Field = rejection.Field.Length == 0 ? null : rejection.Field,
        },
        FaultRejectionReason.UnknownGroup => KnownProblems.UnknownGroup(wanted.Group ?? "") with { Field = rejection.Field },
        FaultRejectionReason.NoLeader => KnownProblems.NoLeader(rejection.Detail) with { Field = rejection.Field },
        _ => KnownProblems.InvalidRequest(rejection.Field, rejection.Detail),
    };
}
