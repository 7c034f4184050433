using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Http;

/// <summary>Reads bodies of several fields: a JSON object that knows all of its fields, each given once.</summary>
public sealed class JsonBody
{
    private readonly Dictionary<string, JsonElement> fields;

    private JsonBody(Dictionary<string, JsonElement> fields) => this.fields = fields;

    /// <summary>Reads a body.</summary>
    /// <typeparam name="T">What is made of it.</typeparam>
    /// <param name="request">The request.</param>
    /// <param name="known">The names of the fields there are.</param>
    /// <param name="conclude">Makes of the fields what is wanted.</param>
    public static ValueTask<Checked<T>> ReadAsync<T>(HttpRequest request, IReadOnlyList<string> known, Func<JsonBody, Checked<T>> conclude) =>
        RequestBody.ReadAsync(
            request,
            (known, conclude),
            static (in ReadOnlySequence<byte> body, (IReadOnlyList<string> Known, Func<JsonBody, Checked<T>> Conclude) with) =>
                Parse(body, with.Known, with.Conclude));

    /// <summary>A text; null when it is not given.</summary>
    /// <param name="field">Its name.</param>
    public Checked<string?> Text(string field) => fields.TryGetValue(field, out var value)
        ? value.ValueKind == JsonValueKind.String ? value.GetString() : Wrong(field, "no text in quotes")
        : (string?)null;

    /// <summary>A whole number; null when it is not given.</summary>
    /// <param name="field">Its name.</param>
    public Checked<long?> Number(string field) => fields.TryGetValue(field, out var value)
        ? value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : Wrong(field, "no whole number")
        : (long?)null;

    /// <summary>True or false; false when it is not given.</summary>
    /// <param name="field">Its name.</param>
    public Checked<bool> Flag(string field) => fields.TryGetValue(field, out var value)
        ? value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : Wrong(field, "neither true nor false")
        : false;

    /// <summary>A list; null when it is not given.</summary>
    /// <typeparam name="T">The type of an item.</typeparam>
    /// <param name="field">Its name.</param>
    /// <param name="read">Reads one item; null when it is of another kind.</param>
    /// <param name="what">What the items should be, in the plural.</param>
    public Checked<T[]?> List<T>(string field, Func<JsonElement, T?> read, string what)
    {
        ArgumentNullException.ThrowIfNull(read);
        if (!fields.TryGetValue(field, out var value))
        {
            return (T[]?)null;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            return Wrong(field, $"no list of {what}");
        }

        var items = new List<T>();
        foreach (var item in value.EnumerateArray())
        {
            if (read(item) is not { } good)
            {
                return Wrong(field, $"no list of {what}");
            }

            items.Add(good);
        }

        return items.ToArray();
    }

    /// <summary>A field as it is; undefined when it is not given.</summary>
    /// <param name="field">Its name.</param>
    public JsonElement Raw(string field) => fields.GetValueOrDefault(field);

    private static Problem Wrong(string field, string what) => KnownProblems.InvalidRequest(field, $"The field \"{field}\" is {what}.");

    private static Checked<T> Parse<T>(in ReadOnlySequence<byte> body, IReadOnlyList<string> known, Func<JsonBody, Checked<T>> conclude)
    {
        if (body.IsEmpty)
        {
            return KnownProblems.InvalidRequest(
                "body", $"The body is empty. Send a JSON object; the fields that it may have are {string.Join(", ", known)}.");
        }

        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return KnownProblems.InvalidRequest("body", "The body is JSON, but no object.");
            }

            // A text is found to be none only when it is read.
            var fields = Parse(document.RootElement, known);
            return fields.Problem is { } problem ? problem : conclude(fields.Value);
        }
        catch (JsonException exception)
        {
            return KnownProblems.InvalidRequest(
                "body", $"The body is not JSON at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}.");
        }
        catch (InvalidOperationException)
        {
            // How the reader says that text is no text: damaged UTF-8, or half a surrogate pair.
            return KnownProblems.InvalidRequest("body", "The body has text that is no UTF-8.");
        }
    }

    private static Checked<JsonBody> Parse(JsonElement root, IReadOnlyList<string> known)
    {
        var fields = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var field in root.EnumerateObject())
        {
            if (!known.Contains(field.Name))
            {
                return KnownProblems.InvalidRequest(
                    field.Name.Length <= 128 ? field.Name : "body",
                    $"The field {Shortened.Of(field.Name)} is unknown here. The body knows only \"{string.Join("\", \"", known)}\".");
            }

            if (!fields.TryAdd(field.Name, field.Value.Clone()))
            {
                return KnownProblems.InvalidRequest(field.Name, $"The field \"{field.Name}\" is given twice. Give it once.");
            }
        }

        return new JsonBody(fields);
    }
}
