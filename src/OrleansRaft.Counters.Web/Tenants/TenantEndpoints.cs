using Microsoft.AspNetCore.Http;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Counters.Web.Tenants;

/// <summary>Notes about tenants, as the HTTP API reads and writes them.</summary>
/// <param name="grains">Reaches the grains that keep them.</param>
internal sealed class TenantEndpoints(IGrainFactory grains)
{
    /// <summary>The longest note, in characters.</summary>
    public const int NoteLengthMax = 1_000;

    private static readonly string[] Fields = ["text"];

    public async Task ReadNoteAsync(HttpContext context)
    {
        var tenant = ReadTenant(context);
        if (tenant.Problem is { } problem)
        {
            problem.Write(context.Response);
        }
        else if (await Grain(tenant.Value).ReadAsync() is { } text)
        {
            Write(context.Response, tenant.Value, text);
        }
        else
        {
            Unknown(tenant.Value).Write(context.Response);
        }
    }

    public async Task WriteNoteAsync(HttpContext context)
    {
        var tenant = ReadTenant(context);
        var text = tenant.Problem is { } wrong ? wrong : await ReadTextAsync(context.Request);
        if (text.Problem is { } problem)
        {
            problem.Write(context.Response);
            return;
        }

        await Grain(tenant.Value).WriteAsync(text.Value);
        Write(context.Response, tenant.Value, text.Value);
    }

    private ITenantNoteGrain Grain(string tenant) => grains.GetGrain<ITenantNoteGrain>(tenant);

    /// <summary>The tenant in a request's path.</summary>
    internal static Checked<string> ReadTenant(HttpContext context)
    {
        var tenant = context.Request.RouteValues["tenant"] as string ?? "";
        return NameRule.Holds(tenant)
            ? tenant
            : KnownProblems.InvalidRequest("tenant", $"The tenant {Shortened.Of(tenant)} in the path {NameRule.Sentence}.");
    }

    /// <summary>Reads a note.</summary>
    internal static ValueTask<Checked<string>> ReadTextAsync(HttpRequest request) => JsonBody.ReadAsync(request, Fields, TextOf);

    private static Problem Unknown(string tenant) =>
        new(
            StatusCodes.Status404NotFound,
            CounterProblemTypes.UnknownNote,
            "There is no such note.",
            $"There is no note about the tenant {Shortened.Of(tenant)}. PUT one to the same address.");

    private static Checked<string> TextOf(JsonBody body)
    {
        var text = body.Text("text");
        return text switch
        {
            { Problem: { } wrong } => wrong,
            { Value: null } => KnownProblems.InvalidRequest(
                "text", "The field \"text\" is missing. Send an object such as {\"text\": \"pays yearly\"}."),
            { Value.Length: > NoteLengthMax } => KnownProblems.InvalidRequest(
                "text", $"The field \"text\" has {text.Value.Length} characters; a note has at most {NoteLengthMax}."),
            _ => text.Value,
        };
    }

    private static void Write(HttpResponse response, string tenant, string text)
    {
        using var json = JsonAnswer.Start(response);
        json.WriteStartObject();
        json.WriteString("tenant"u8, tenant);
        json.WriteString("text"u8, text);
        json.WriteEndObject();
    }
}
