using Microsoft.AspNetCore.Http;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Runtime;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Problems;

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

        switch (await catalogue.ReadAuditAsync(before.Value, limit.Value, context.RequestAborted))
        {
            case Committed<AccessContents> { Value.Audit: { } entries }:
                Write(context.Response, entries, limit.Value);
                break;
            case Rejected<AccessContents> rejected:
                OutcomeProblems.Of(rejected, "The audit").Write(context.Response);
                break;
            default:
                KnownProblems.NoLeader("The audit could not be read in time.").Write(context.Response);
                break;
        }
    }

    private static void Write(HttpResponse response, IReadOnlyList<AuditEntry> entries, int limit)
    {
        using var json = JsonAnswer.Start(response);
        json.WriteStartObject();
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

        json.WriteEndObject();
    }
}
