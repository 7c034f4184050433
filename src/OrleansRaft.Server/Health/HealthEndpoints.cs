using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace OrleansRaft.Server;

/// <summary>Whether the process runs, and whether it can serve every group.</summary>
/// <param name="checks">The application's health checks; those tagged <see cref="RaftReadinessCheck.Tag"/> decide about readiness.</param>
internal sealed class HealthEndpoints(HealthCheckService checks)
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

        var reasons = report.Entries.Where(entry => entry.Value.Status == HealthStatus.Unhealthy).Select(entry => $"{entry.Key}: {entry.Value.Description}");
        new Problem(
            StatusCodes.Status503ServiceUnavailable,
            ProblemTypes.NotReady,
            "The silo is not ready.",
            $"{string.Join(" ", reasons)} Wait and ask again; GET /api/v1/groups shows every group.") { RetryAfterSeconds = 1 }.Write(context.Response);
    }

    private static Task WriteAsync(HttpResponse response, string json)
    {
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        return response.WriteAsync(json);
    }
}
