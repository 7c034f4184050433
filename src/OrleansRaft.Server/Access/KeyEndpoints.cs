using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Runtime;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Access;

/// <summary>API keys, as the HTTP API makes, lists and revokes them.</summary>
/// <param name="catalogue">Keeps them.</param>
/// <param name="services">The application's: where keys are asked for, this silo takes note of a change at once.</param>
/// <param name="time">The clock.</param>
internal sealed class KeyEndpoints(IRaftAccess catalogue, IServiceProvider services, TimeProvider time)
{
    public async Task ListAsync(HttpContext context)
    {
        var contents = OperatorRequest.Read(await catalogue.ReadAsync(revision: -1, context.RequestAborted), "The list of keys");
        JsonAnswer.Write(context.Response, contents, static (json, read) =>
            Write(json, read.Keys ?? throw new InvalidOperationException("The catalogue answered without its keys.")));
    }

    public async Task CreateAsync(HttpContext context)
    {
        var wanted = await KeyBody.ReadWantedAsync(context.Request);
        if (wanted.Problem is { } problem)
        {
            problem.Write(context.Response);
            return;
        }

        var text = ApiKeyText.New();
        var parsed = ApiKeyText.Parse(text);
        var now = Now();
        var key = new AccessKey(
            parsed.Id,
            wanted.Value.Name,
            parsed.Hash,
            wanted.Value.Role,
            wanted.Value.Tenants,
            now,
            WhoIs(context),
            wanted.Value.Seconds is { } seconds ? now.AddSeconds(seconds) : null);
        var outcome = await catalogue.AddKeyAsync(key, onlyFirst: false, context.RequestAborted);
        if (ProblemOf(outcome, $"The key {Shortened.Of(key.Name)}") is { } refusal)
        {
            refusal.Write(context.Response);
            return;
        }

        await LookAsync(context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.Location = $"/api/v1/keys/{key.Id}";
        using var json = JsonAnswer.Start(context.Response);
        json.WriteStartObject();
        Write(json, key);
        json.WriteString("secret"u8, text);
        json.WriteEndObject();
    }

    public async Task RevokeAsync(HttpContext context)
    {
        var id = context.Request.RouteValues["key"] as string ?? "";
        var force = QueryParameters.Flag(context.Request, "force");
        if (force.Problem is { } problem)
        {
            problem.Write(context.Response);
            return;
        }

        var outcome = await catalogue.RevokeKeyAsync(id, Now(), WhoIs(context), force.Value, context.RequestAborted);
        if (ProblemOf(outcome, $"The revocation of the key {Shortened.Of(id)}") is { } refusal)
        {
            refusal.Write(context.Response);
            return;
        }

        await LookAsync(context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static Problem? ProblemOf(Outcome<AccessContents> outcome, string subject)
    {
        var request = new OperatorRequest(subject, "GET /api/v1/keys shows what became of it; revoke a key whose secret was not told.");
        return request.Of(outcome) is var made && made.Problem is { } problem ? problem : ProblemOf(made.Value.Refusal, subject);
    }

    private static Problem? ProblemOf(AccessRefusal refusal, string subject) => refusal switch
    {
        AccessRefusal.None => null,
        AccessRefusal.UnknownKey => new(
            StatusCodes.Status404NotFound,
            ProblemTypes.UnknownKey,
            "There is no such key.",
            $"{subject} found no key of that id. GET /api/v1/keys lists the keys there are, by their ids."),
        AccessRefusal.LastAdmin => new(
            StatusCodes.Status409Conflict,
            ProblemTypes.LastAdmin,
            "It is the last key of an admin.",
            $"{subject} would leave no key that can create keys; nothing was changed. Create another unlimited admin key first, or say force=true."),
        _ => new(
            StatusCodes.Status409Conflict,
            ProblemTypes.TooManyKeys,
            "There are too many keys.",
            $"{subject} is one too many ({refusal}), and was not stored. Revoke unused keys."),
    };

    private static string WhoIs(HttpContext context) => context.User.Identity?.Name is { Length: > 0 } name ? name : "anonymous";

    private static void Write(Utf8JsonWriter json, IReadOnlyList<AccessKey> keys)
    {
        json.WriteStartArray("keys"u8);
        foreach (var key in keys)
        {
            json.WriteStartObject();
            Write(json, key);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, AccessKey key)
    {
        json.WriteString("key"u8, key.Id);
        json.WriteString("name"u8, key.Name);
        json.WriteString("role"u8, Grants.NameOf(key.Role));
        json.WriteStartArray("tenants"u8);
        foreach (var tenant in key.Tenants)
        {
            json.WriteStringValue(tenant);
        }

        json.WriteEndArray();
        json.WriteString("createdAt"u8, key.CreatedAt.UtcDateTime);
        json.WriteString("createdBy"u8, key.CreatedBy);
        WriteTime(json, "expiresAt", key.ExpiresAt);
        WriteTime(json, "revokedAt", key.RevokedAt);
        json.WriteString("revokedBy"u8, key.RevokedAt is null ? null : key.RevokedBy);
    }

    private static void WriteTime(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } given)
        {
            json.WriteString(name, given.UtcDateTime);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());

    private Task LookAsync(CancellationToken cancellation) => services.GetService<AccessDirectory>()?.LookAsync(cancellation) ?? Task.CompletedTask;
}
