using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OrleansRaft.Cli.Maelstrom;

/// <summary>
/// One text for each JSON value, so that values can be compared as texts: no spaces, properties in order, and <c>1.0</c> is <c>1</c>.
/// </summary>
internal static class CanonicalJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a value.</summary>
    /// <exception cref="FormatException">A string in it is no text: half of a surrogate pair.</exception>
    public static string Write(JsonElement value)
    {
        var output = new ArrayBufferWriter<byte>();
        try
        {
            using var writer = new Utf8JsonWriter(output, Options);
            Write(value, writer);
        }
        catch (InvalidOperationException exception)
        {
            throw new FormatException($"A string is not valid text: {exception.Message}", exception);
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static void Write(JsonElement value, Utf8JsonWriter writer)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var property in value.EnumerateObject().OrderBy(property => property.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(property.Name);
                    Write(property.Value, writer);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    Write(item, writer);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.Number:
                WriteNumber(value, writer);
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private static void WriteNumber(JsonElement value, Utf8JsonWriter writer)
    {
        if (value.TryGetInt64(out var integer))
        {
            writer.WriteNumberValue(integer);
        }
        else if (value.TryGetDouble(out var number) && double.IsInteger(number) && Math.Abs(number) < 1L << 53)
        {
            writer.WriteNumberValue((long)number);
        }
        else
        {
            value.WriteTo(writer);
        }
    }
}
