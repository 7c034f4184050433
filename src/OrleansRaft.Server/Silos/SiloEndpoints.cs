using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Grains.Admin;
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
        var request = new OperatorRequest($"The departure of {Shortened.Of(silo)}", "Send the request again: that does no harm.")
        {
            FieldOf = static _ => "silo",
        };
        var step = request.Of(await admin.DecommissionAsync(silo, context.RequestAborted));
        JsonAnswer.Write(context.Response, step, Write);
    }

    private static void Write(Utf8JsonWriter json, Decommissioning step)
    {
        json.WriteString("silo"u8, step.Silo);
        json.WriteNumber("moved"u8, step.Moved);
        json.WriteNumber("left"u8, step.Left);
        json.WriteBoolean("leaving"u8, step.IsLeaving);
    }
}
