using System.Text.Json;

namespace OrleansRaft.Simulation.Script;

/// <summary>The fields of one request line. Whatever is missing or of the wrong kind is named.</summary>
internal readonly struct ScriptRequest(JsonElement fields)
{
    public string Op => OptionalText("op") ?? throw new ScriptException("The field 'op' is missing: it names what to do.");

    public int Node(string name) => Number(name, 1, int.MaxValue);

    public int Number(string name, int minimum, int maximum) =>
        OptionalNumber(name, minimum, maximum) ?? throw new ScriptException($"The field '{name}' is missing: it must be a whole number.");

    public int? OptionalNumber(string name, int minimum, int maximum)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= minimum && number <= maximum
            ? number
            : throw new ScriptException($"The field '{name}' must be a whole number from {minimum} to {maximum}.");
    }

    public string Text(string name) => OptionalText(name) ?? throw new ScriptException($"The field '{name}' is missing: it must be text.");

    public string? OptionalText(string name)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.String && TryGetString(value) is { } text
            ? text
            : throw new ScriptException($"The field '{name}' must be text.");
    }

    public bool Flag(string name, bool otherwise = false) => Find(name) switch
    {
        null => otherwise,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw new ScriptException($"The field '{name}' must be true or false."),
    };

    /// <summary>A list of nodes; null when the field is absent.</summary>
    public IReadOnlyList<int>? Nodes(string name)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw new ScriptException($"The field '{name}' must be a list of nodes, such as [1,2].");
        }

        var nodes = new List<int>();
        foreach (var item in value.EnumerateArray())
        {
            nodes.Add(item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var node) && node > 0
                ? node
                : throw new ScriptException($"The field '{name}' must be a list of nodes, such as [1,2]."));
        }

        return nodes;
    }

    /// <summary>A list of objects; empty when the field is absent.</summary>
    public IReadOnlyList<ScriptRequest> Items(string name)
    {
        if (Find(name) is not { } value)
        {
            return [];
        }

        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object)
            ? [.. value.EnumerateArray().Select(item => new ScriptRequest(item))]
            : throw new ScriptException($"The field '{name}' must be a list of objects.");
    }

    private JsonElement? Find(string name) =>
        fields.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    // An escape may stand for half a character, which is no text.
    private static string? TryGetString(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
