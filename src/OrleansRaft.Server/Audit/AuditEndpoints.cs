using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Server.Http;

namespace OrleansRaft.Server.Audit;

/// <summary>The audit, as the HTTP API shows it.</summary>
/// <param name="catalogue">Keeps it.</param>
internal sealed class AuditEndpoints(IRaftAccess catalogue)
{
    /// <summary>The size of a page, unless another is asked for.</summary>
    public const int PageSize = 100;

    public async Task ListAsync(HttpContext context)
    {
        var before = QueryParameters.AfterIndex(context.Request);
        var limit = QueryParameters.Limit(context.Request, PageSize);
        if ((before.Problem ?? limit.Problem) is { } problem)
        {
            problem.Write(context.Response);
            return;
        }

        var contents = OperatorRequest.Read(await catalogue.ReadAuditAsync(before.Value, limit.Value, context.RequestAborted), "The audit");
        JsonAnswer.Write(context.Response, contents, (json, read) =>
            Write(json, read.Audit ?? throw new InvalidOperationException("The catalogue answered without its audit."), limit.Value));
    }

    private static void Write(Utf8JsonWriter json, IReadOnlyList<AuditEntry> entries, int limit)
    {
        json.WriteStartArray("entries"u8);
        foreach (var entry in entries)
        {
            json.WriteStartObject();
            json.WriteNumber("number"u8, entry.Number);
            json.WriteString("time"u8, entry.Time.UtcDateTime);
            json.WriteString("who"u8, entry.Who);
            json.WriteString("from"u8, entry.From);
            json.WriteString("what"u8, entry.What);
            json.WriteString("result"u8, entry.Result);
            json.WriteString("silo"u8, entry.Silo);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (entries.Count == limit && entries[^1].Number > 1)
        {
            json.WriteNumber("next"u8, entries[^1].Number);
        }
        else
        {
            json.WriteNull("next"u8);
        }
    }
}
