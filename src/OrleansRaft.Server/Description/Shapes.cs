using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace OrleansRaft.Server.Description;

/// <summary>The parts of which shapes of bodies are made.</summary>
public static class Shapes
{
    /// <summary>Added to a type: the field may be null.</summary>
    public const JsonSchemaType OrNull = JsonSchemaType.Null;

    /// <summary>An object with these fields, all required, and no others.</summary>
    /// <param name="fields">The fields.</param>
    public static OpenApiSchema Closed(ReadOnlySpan<(string Name, IOpenApiSchema Schema)> fields)
    {
        var schema = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Properties = new Dictionary<string, IOpenApiSchema>(),
            Required = new HashSet<string>(),
            AdditionalPropertiesAllowed = false,
        };
        foreach (var (name, field) in fields)
        {
            schema.Properties[name] = field;
            schema.Required.Add(name);
        }

        return schema;
    }

    /// <summary>A body of one field, with an example.</summary>
    /// <param name="field">The field's name.</param>
    /// <param name="schema">Its shape.</param>
    /// <param name="example">A value that it may have.</param>
    public static OpenApiSchema Body(string field, OpenApiSchema schema, JsonNode example)
    {
        var body = Closed([(field, schema)]);
        body.Examples = [new JsonObject { [field] = example }];
        return body;
    }

    /// <summary>A text.</summary>
    /// <param name="description">What it says.</param>
    /// <param name="or"><see cref="OrNull"/> where it may be null.</param>
    public static OpenApiSchema Text(string description, JsonSchemaType or = 0) =>
        new() { Type = JsonSchemaType.String | or, Description = description };

    /// <summary>A 64-bit integer.</summary>
    /// <param name="description">What it counts.</param>
    /// <param name="or"><see cref="OrNull"/> where it may be null.</param>
    public static OpenApiSchema Number(string description, JsonSchemaType or = 0) =>
        new() { Type = JsonSchemaType.Integer | or, Format = "int64", Description = description };

    /// <summary>True or false.</summary>
    /// <param name="description">What is true or false.</param>
    public static OpenApiSchema Flag(string description) => new() { Type = JsonSchemaType.Boolean, Description = description };

    /// <summary>A list.</summary>
    /// <param name="description">What it lists.</param>
    /// <param name="items">The shape of an item.</param>
    /// <param name="or"><see cref="OrNull"/> where it may be null.</param>
    public static OpenApiSchema List(string description, OpenApiSchema items, JsonSchemaType or = 0) =>
        new() { Type = JsonSchemaType.Array | or, Items = items, Description = description };

    /// <summary>One of several words.</summary>
    /// <param name="description">What it says.</param>
    /// <param name="values">The words.</param>
    public static OpenApiSchema Choice(string description, params ReadOnlySpan<string> values)
    {
        var schema = Text(description);
        schema.Enum = [];
        foreach (var value in values)
        {
            schema.Enum.Add(JsonValue.Create(value));
        }

        return schema;
    }
}
