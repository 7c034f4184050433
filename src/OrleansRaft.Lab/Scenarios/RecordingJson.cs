using System.Globalization;
using System.Text.Json;

namespace OrleansRaft.Lab.Scenarios;

/// <summary>Writes recordings as JSON, for pictures that are drawn elsewhere.</summary>
internal static class RecordingJson
{
    /// <summary>Writes a recording.</summary>
    public static void Write(Utf8JsonWriter json, Recording recording)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(recording);
        json.WriteStartObject();
        json.WritePropertyName("scenario"u8);
        recording.Scenario.Source.WriteTo(json);
        WriteList(json, "nodes", recording.Scenario.Nodes, static (json, node) => json.WriteStringValue(node));
        WriteTime(json, "duration", recording.Duration);
        WriteStory(json, recording);
        WriteList(json, "states", recording.States, Write);
        json.WriteStartObject("entries"u8);
        foreach (var ((index, term), text) in recording.Entries)
        {
            json.WriteString(string.Create(CultureInfo.InvariantCulture, $"{index}.{term}"), text);
        }

        json.WriteEndObject();
        WriteList(json, "messages", recording.Messages, Write);
        WriteList(json, "links", recording.Links, Write);
        WriteList(json, "clients", recording.Clients, Write);
        json.WriteBoolean("asExpected"u8, recording.IsAsExpected);
        json.WriteNumber("messagesLeftOut"u8, recording.MessagesLeftOut);
        json.WriteEndObject();
    }

    /// <summary>Writes a sentence in both languages.</summary>
    public static void Write(Utf8JsonWriter json, string name, LocalizedText words)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(words);
        json.WriteStartObject(name);
        json.WriteString("en"u8, words.En);
        json.WriteString("zh"u8, words.Zh);
        json.WriteEndObject();
    }

    private static void WriteStory(Utf8JsonWriter json, Recording recording)
    {
        WriteList(json, "captions", recording.Captions, static (json, caption) =>
        {
            json.WriteStartObject();
            WriteTime(json, "at", caption.At);
            json.WriteNumber("step"u8, caption.Step);
            Write(json, "text", caption.Text);
            json.WriteEndObject();
        });
        WriteList(json, "actions", recording.Actions, static (json, action) =>
        {
            json.WriteStartObject();
            WriteTime(json, "at", action.At);
            WriteNumber(json, "step", action.Step);
            json.WriteString("kind"u8, action.Kind);
            Write(json, "text", action.Text);
            json.WriteEndObject();
        });
        WriteList(json, "checks", recording.Checks, static (json, check) =>
        {
            json.WriteStartObject();
            WriteTime(json, "at", check.At);
            json.WriteNumber("step"u8, check.Step);
            json.WriteBoolean("holds"u8, check.Holds);
            Write(json, "text", check.Text);
            json.WriteEndObject();
        });
    }

    private static void Write(Utf8JsonWriter json, NodeState state)
    {
        json.WriteStartObject();
        WriteTime(json, "at", state.At);
        json.WriteString("node"u8, state.Node);
        json.WriteBoolean("isUp"u8, state.IsUp);
        json.WriteBoolean("isPaused"u8, state.IsPaused);
        json.WriteString("role"u8, state.Role);
        json.WriteNumber("term"u8, state.Term);
        json.WriteString("votedFor"u8, state.VotedFor);
        json.WriteString("leader"u8, state.Leader);
        json.WriteNumber("commit"u8, state.Commit);
        json.WriteNumber("applied"u8, state.Applied);
        json.WriteNumber("value"u8, state.Value);
        json.WriteNumber("first"u8, state.First);
        WriteList(json, "log", state.Log, static (json, term) => json.WriteNumberValue(term));
        json.WriteNumber("snapshot"u8, state.Snapshot);
        if (state.Timer is { } timer)
        {
            json.WriteStartObject("timer"u8);
            WriteTime(json, "started", timer.Started);
            WriteTime(json, "timeout", timer.Timeout);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("timer"u8);
        }

        WriteList(json, "progress", state.Progress, static (json, peer) =>
        {
            json.WriteStartObject();
            json.WriteString("node"u8, peer.Node);
            json.WriteNumber("match"u8, peer.Match);
            json.WriteNumber("next"u8, peer.Next);
            json.WriteNumber("sent"u8, peer.Sent);
            json.WriteNumber("size"u8, peer.Size);
            json.WriteEndObject();
        });
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, RecordedMessage message)
    {
        json.WriteStartObject();
        WriteTime(json, "sent", message.Sent);
        WriteTime(json, "arrives", message.Arrives);
        json.WriteString("from"u8, message.From);
        json.WriteString("to"u8, message.To);
        json.WriteString("kind"u8, message.Kind);
        json.WriteNumber("term"u8, message.Term);
        json.WriteNumber("index"u8, message.Index);
        json.WriteNumber("entries"u8, message.Entries);
        json.WriteBoolean("rejected"u8, message.IsRejected);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, LinksState links)
    {
        json.WriteStartObject();
        WriteTime(json, "at", links.At);
        WriteList(json, "cut", links.Cut, static (json, link) =>
        {
            json.WriteStartArray();
            json.WriteStringValue(link.From);
            json.WriteStringValue(link.To);
            json.WriteEndArray();
        });
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ClientRequest request)
    {
        json.WriteStartObject();
        json.WriteString("client"u8, request.Client);
        json.WriteString("command"u8, request.Command);
        json.WriteString("via"u8, request.Via);
        WriteTime(json, "sent", request.Sent);
        WriteTime(json, "answered", request.Answered);
        json.WriteString("outcome"u8, request.Outcome);
        WriteNumber(json, "value", request.Value);
        json.WriteString("text"u8, request.Text);
        json.WriteEndObject();
    }

    private static void WriteList<T>(Utf8JsonWriter json, string name, IEnumerable<T> items, Action<Utf8JsonWriter, T> write)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            write(json, item);
        }

        json.WriteEndArray();
    }

    private static void WriteTime(Utf8JsonWriter json, string name, double? time)
    {
        if (time is { } value)
        {
            json.WriteNumber(name, Math.Round(value, 2));
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, long? number)
    {
        if (number is { } value)
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
