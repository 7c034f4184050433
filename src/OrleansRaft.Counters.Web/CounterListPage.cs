using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Server.Http;

namespace OrleansRaft.Counters.Web;

/// <summary>A page of a tenant's counters, by name.</summary>
/// <param name="Tenant">Whose.</param>
/// <param name="Counters">The counters, each with its group.</param>
/// <param name="More">Whether there are further ones after the last.</param>
internal sealed record CounterListPage(string Tenant, ImmutableArray<(ListedCounter Counter, string Group)> Counters, bool More)
{
    /// <summary>Writes the page as JSON.</summary>
    public void Write(HttpResponse response)
    {
        using var json = JsonAnswer.Start(response);
        json.WriteStartObject();
        json.WriteStartArray("counters"u8);
        foreach (var (counter, group) in Counters)
        {
            json.WriteStartObject();
            json.WriteString("tenant"u8, Tenant);
            json.WriteString("counter"u8, counter.Counter);
            json.WriteNumber("value"u8, counter.Value);
            json.WriteString("group"u8, group);
            json.WriteNumber("index"u8, counter.Index);
            json.WriteNumber("term"u8, counter.Term);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("next"u8, More ? Counters[^1].Counter.Counter : null);
        json.WriteEndObject();
    }
}
