using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Core;
using OrleansRaft.Server.Http;

namespace OrleansRaft.Server.Groups;

/// <summary>Writes entries of a log as JSON, for readers.</summary>
/// <param name="describers">Say what commands mean.</param>
internal sealed class LogJson(EntryDescribers describers)
{
    /// <summary>Writes a page.</summary>
    public void Write(HttpResponse response, string group, IReadOnlyList<Entry> entries, bool hasMore)
    {
        using var json = JsonAnswer.Start(response);
        json.WriteStartObject();
        json.WriteString("group"u8, group);
        json.WriteStartArray("entries"u8);
        var describer = describers.Of(group);
        foreach (var entry in entries)
        {
            WriteEntry(json, EntryText.Of(entry, describer), entry);
        }

        json.WriteEndArray();
        if (hasMore)
        {
            json.WriteNumber("next"u8, entries[^1].Index.Value);
        }
        else
        {
            json.WriteNull("next"u8);
        }

        json.WriteEndObject();
    }

    private static void WriteEntry(Utf8JsonWriter json, EntryText text, Entry entry)
    {
        json.WriteStartObject();
        json.WriteNumber("index"u8, entry.Index.Value);
        json.WriteNumber("term"u8, entry.Term.Value);
        json.WriteString("kind"u8, text.Kind);
        json.WriteNumber("timeMilliseconds"u8, entry.Time.Value);
        json.WriteNumber("bodyBytes"u8, entry.Body.Length);
        json.WriteString("key"u8, text.Key);
        json.WriteString("requestId"u8, text.RequestId);
        json.WriteString("text"u8, text.Text);
        json.WriteEndObject();
    }
}
