using System.Text.Json;

namespace OrleansRaft.Cli.Maelstrom;

/// <summary>
/// The protocol's errors that this node answers with. Only those marked so are definite: the operation did not happen and will not.
/// </summary>
internal enum MaelstromError
{
    /// <summary>The operation was not finished in time; it may have happened.</summary>
    Timeout = 0,

    /// <summary>Definite: no such operation.</summary>
    NotSupported = 10,

    /// <summary>Definite: it cannot be done now.</summary>
    TemporarilyUnavailable = 11,

    /// <summary>Definite: the request makes no sense.</summary>
    MalformedRequest = 12,

    /// <summary>Definite: refused.</summary>
    Abort = 14,

    /// <summary>Definite: the key is not there.</summary>
    KeyDoesNotExist = 20,

    /// <summary>Definite: another value is there.</summary>
    PreconditionFailed = 22,
}

/// <summary>A line that arrived.</summary>
/// <param name="Source">Who sent it.</param>
/// <param name="Destination">To whom.</param>
/// <param name="Type">What its body is.</param>
/// <param name="Id">The number by which the sender recognises the answer, if it wants one.</param>
/// <param name="Body">The payload.</param>
internal sealed record MaelstromMessage(string Source, string Destination, string Type, long? Id, JsonElement Body)
{
    /// <summary>Reads a line.</summary>
    /// <exception cref="FormatException">It is not a message of the protocol.</exception>
    public static MaelstromMessage Parse(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("body", out var body) || body.ValueKind != JsonValueKind.Object)
            {
                throw new FormatException("A message is an object with src, dest and body.");
            }

            return new MaelstromMessage(Text(root, "src"), Text(root, "dest"), Text(body, "type"), Number(body, "msg_id"), body.Clone());
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new FormatException($"A message is a JSON object on one line: {exception.Message}", exception);
        }
    }

    /// <summary>A field of the body; null when it is missing.</summary>
    public JsonElement? Field(string name) => Body.TryGetProperty(name, out var value) ? value : null;

    /// <summary>A text in the body; empty when it is missing.</summary>
    public string TextField(string name) => Field(name) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : "";

    /// <summary>A whole number in the body; null when it is missing.</summary>
    public long? NumberField(string name) => Number(Body, name);

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new FormatException($"The message has no text '{name}'.");

    private static long? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;
}
