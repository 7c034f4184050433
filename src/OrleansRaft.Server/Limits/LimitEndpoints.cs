using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Limits;

/// <summary>What tenants may take, as the HTTP API shows and sets it.</summary>
/// <param name="catalogue">Keeps the limits of single tenants.</param>
/// <param name="limiter">Knows what is in force on this silo, and takes note of a change at once.</param>
internal sealed class LimitEndpoints(IRaftAccess catalogue, TenantLimiter limiter)
{
    private const int TenantLengthMax = 128;
    private const long LargestMax = 1L << 50;

    private static readonly string[] Fields = ["requestsPerSecond", "burst", "atOnce", "idempotencyKeys", "counters", "bytes"];

    public Task GetAsync(HttpContext context)
    {
        if (ReadTenant(context) is { Problem: null, Value: var tenant })
        {
            Write(context.Response, tenant);
        }

        return Task.CompletedTask;
    }

    public async Task SetAsync(HttpContext context)
    {
        if (ReadTenant(context) is not { Problem: null, Value: var tenant })
        {
            return;
        }

        var wanted = await ReadAsync(context.Request, tenant);
        if (wanted.Problem is { } problem)
        {
            problem.Write(context.Response);
            return;
        }

        await SetAsync(context, wanted.Value);
    }

    public async Task ClearAsync(HttpContext context)
    {
        if (ReadTenant(context) is { Problem: null, Value: var tenant })
        {
            await SetAsync(context, new TenantLimits(tenant, null, null, null));
        }
    }

    /// <summary>Reads what limits a tenant is to have.</summary>
    internal static ValueTask<Checked<TenantLimits>> ReadAsync(HttpRequest request, string tenant) =>
        JsonBody.ReadAsync<TenantLimits>(request, Fields, body => Conclude(tenant, body));

    private static Checked<TenantLimits> Conclude(string tenant, JsonBody body)
    {
        var read = Array.ConvertAll(Fields, field => Read(body, field, field is "counters" or "bytes" ? LargestMax : int.MaxValue));
        if (Array.Find(read, static number => number.Problem is not null) is { Problem: { } problem })
        {
            return problem;
        }

        var limits = new TenantLimits(tenant, (int?)read[0].Value, (int?)read[1].Value, (int?)read[2].Value)
        {
            IdempotencyKeys = (int?)read[3].Value,
            Counters = read[4].Value,
            Bytes = read[5].Value,
        };
        return limits.IsEmpty
            ? KnownProblems.InvalidRequest(
                "body", $"The body sets nothing. Give one of {string.Join(", ", Fields)}; DELETE takes the tenant's own limits away.")
            : limits;
    }

    private static Checked<long?> Read(JsonBody body, string field, long max) => body.Number(field) switch
    {
        { Problem: { } problem } => problem,
        { Value: null } => (long?)null,
        { Value: >= 0 and var number } when number <= max => number,
        { Value: var other } => KnownProblems.InvalidRequest(
            field, $"The field \"{field}\" is {other}, but must be from 0 (no limit) to {max}."),
    };

    private static Checked<string> ReadTenant(HttpContext context)
    {
        var tenant = context.Request.RouteValues["tenant"] as string ?? "";
        if (tenant.Length is > 0 and <= TenantLengthMax && tenant is not ("." or "..")
            && tenant.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-'))
        {
            return tenant;
        }

        var problem = KnownProblems.InvalidRequest(
            "tenant", $"The tenant {Shortened.Of(tenant)} in the path must be 1 to {TenantLengthMax} letters, digits, '.', '_' or '-'.");
        problem.Write(context.Response);
        return problem;
    }

    private async Task SetAsync(HttpContext context, TenantLimits limits)
    {
        var request = new OperatorRequest($"The change of the limits of {limits.Tenant}", "Make it again: that does no harm.");
        var changed = request.Of(await catalogue.SetLimitsAsync(limits, context.RequestAborted));
        var problem = changed switch
        {
            { Problem: null, Value.Refusal: not AccessRefusal.None } => new Problem(
                StatusCodes.Status409Conflict,
                ProblemTypes.TooManyLimits,
                "There are too many limits.",
                $"{request.Subject} is refused: as many tenants as may be have limits of their own. Take those away that are not needed."),
            _ => changed.Problem,
        };
        if (problem is not null)
        {
            problem.Write(context.Response);
            return;
        }

        await limiter.RefreshAsync(context.RequestAborted);
        Write(context.Response, limits.Tenant);
    }

    private void Write(HttpResponse response, string tenant)
    {
        var allowed = limiter.AllowanceOf(tenant);
        using var json = JsonAnswer.Start(response);
        json.WriteStartObject();
        json.WriteString("tenant"u8, tenant);
        Write(json, "requestsPerSecond", allowed.RequestsPerSecond);
        Write(json, "burst", allowed.Burst > 0 ? allowed.Burst : allowed.RequestsPerSecond);
        Write(json, "atOnce", allowed.AtOnce);
        Write(json, "idempotencyKeys", allowed.IdempotencyKeys);
        Write(json, "counters", allowed.Counters);
        Write(json, "bytes", allowed.Bytes);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, long limit)
    {
        if (limit > 0)
        {
            json.WriteNumber(name, limit);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
