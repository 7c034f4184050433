using System.Text.Json;

namespace OrleansRaft.Lab.Scenarios;

/// <summary>Reads an object of a scenario field by field, and knows where it stands.</summary>
internal sealed class JsonFields
{
    private readonly Dictionary<string, JsonElement> fields = new(StringComparer.Ordinal);
    private readonly string place;

    /// <summary>Takes an object apart.</summary>
    /// <param name="json">The object.</param>
    /// <param name="place">Where it stands; empty for the whole file.</param>
    /// <param name="known">The fields it may have.</param>
    public JsonFields(JsonElement json, string place, params ReadOnlySpan<string> known)
    {
        this.place = place;
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new ScenarioException(place.Length == 0 ? "scenario" : place, "must be an object.");
        }

        foreach (var field in json.EnumerateObject())
        {
            if (!known.Contains(field.Name))
            {
                throw new ScenarioException(At(field.Name), $"is unknown here; known are {string.Join(", ", known)}.");
            }

            if (!fields.TryAdd(field.Name, field.Value))
            {
                throw new ScenarioException(At(field.Name), "is given twice.");
            }
        }
    }

    /// <summary>Where a field stands.</summary>
    public string At(string name) => place.Length == 0 ? name : $"{place}.{name}";

    /// <summary>Whether a field is given.</summary>
    public bool Has(string name) => fields.ContainsKey(name);

    /// <summary>A field as it is.</summary>
    public JsonElement Get(string name) => fields.TryGetValue(name, out var value) ? value : throw new ScenarioException(At(name), "is missing.");

    /// <summary>A text.</summary>
    public string Text(string name) =>
        Get(name) is { ValueKind: JsonValueKind.String } value
            ? value.GetString()!
            : throw new ScenarioException(At(name), "must be a text in quotes.");

    /// <summary>A whole number within limits, or another when it is not given.</summary>
    public int Number(string name, int min, int max, int? otherwise = null)
    {
        if (otherwise is { } given && !Has(name))
        {
            return given;
        }

        return Get(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) && number >= min && number <= max
            ? number
            : throw new ScenarioException(At(name), $"must be a whole number from {min} to {max}.");
    }

    /// <summary>Yes or no, or another when it is not given.</summary>
    public bool Flag(string name, bool otherwise) => !Has(name) ? otherwise
        : Get(name).ValueKind is JsonValueKind.True or JsonValueKind.False ? Get(name).GetBoolean()
        : throw new ScenarioException(At(name), "must be true or false.");

    /// <summary>A sentence in both languages.</summary>
    public LocalizedText LocalizedText(string name)
    {
        var words = new JsonFields(Get(name), At(name), "en", "zh");
        return new LocalizedText(words.Text("en"), words.Text("zh"));
    }

    /// <summary>The items of a list, each with the place where it stands.</summary>
    public IEnumerable<(JsonElement Json, string Place)> List(string name)
    {
        var list = Get(name);
        return list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Select((item, number) => (item, $"{At(name)}[{number}]"))
            : throw new ScenarioException(At(name), "must be a list.");
    }
}
