using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Server.Access;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Health;

/// <summary>Whether the process runs, whether it is ready to serve, and what is wrong anywhere in the cluster.</summary>
/// <param name="checks">The application's health checks; those tagged <see cref="RaftReadinessCheck.Tag"/> decide about readiness.</param>
/// <param name="admin">Knows the cluster's alarms.</param>
internal sealed class HealthEndpoints(HealthCheckService checks, IRaftAdmin admin)
{
    public static Task LiveAsync(HttpContext context) => WriteAsync(context.Response, """{"status":"live"}""");

    public async Task ReadyAsync(HttpContext context)
    {
        var report = await checks.CheckHealthAsync(check => check.Tags.Contains(RaftReadinessCheck.Tag), context.RequestAborted);
        if (report.Status != HealthStatus.Unhealthy)
        {
            await WriteAsync(context.Response, """{"status":"ready"}""");
            return;
        }

        var reasons = report.Entries.Where(entry => entry.Value.Status == HealthStatus.Unhealthy)
            .Select(entry => $"{entry.Key}: {entry.Value.Description}");
        new Problem(
            StatusCodes.Status503ServiceUnavailable,
            ProblemTypes.NotReady,
            "The silo is not ready.",
            (await RaftAccess.IsReaderAsync(context) ? string.Join(" ", reasons) : "A reader's key is needed to see the reasons.")
                + " Wait and ask again; GET /health/alarms tells what is wrong anywhere in the cluster.")
        {
            RetryAfterSeconds = 1,
        }.Write(context.Response);
    }

    public async Task AlarmsAsync(HttpContext context) => AlarmJson.Write(context.Response, await admin.ListAlarmsAsync(context.RequestAborted));

    private static Task WriteAsync(HttpResponse response, string json)
    {
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        return response.WriteAsync(json);
    }
}
