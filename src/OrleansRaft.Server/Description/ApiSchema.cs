using Microsoft.OpenApi;

namespace OrleansRaft.Server.Description;

/// <summary>A shape of a body that the OpenAPI document has under a name. The document has those that its operations use.</summary>
/// <param name="Name">The name, unique in a document.</param>
/// <param name="Make">Makes the shape; what it refers to is added to the document, too.</param>
public sealed record ApiSchema(string Name, Func<ApiSchemas, OpenApiSchema> Make)
{
    /// <summary>A shape that refers to no other.</summary>
    /// <param name="name">The name, unique in a document.</param>
    /// <param name="make">Makes the shape anew: the document that it goes into owns it.</param>
    public ApiSchema(string name, Func<OpenApiSchema> make)
        : this(name, _ => make())
    {
    }
}

/// <summary>The named shapes of one document.</summary>
/// <param name="document">The document.</param>
public sealed class ApiSchemas(OpenApiDocument document)
{
    private readonly HashSet<string> added = new(StringComparer.Ordinal);

    /// <summary>A reference to a shape, which is added to the document when it is used for the first time.</summary>
    /// <param name="schema">The shape.</param>
    public IOpenApiSchema Reference(ApiSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        if (added.Add(schema.Name))
        {
            document.AddComponent(schema.Name, schema.Make(this));
        }

        return new OpenApiSchemaReference(schema.Name, document);
    }

    /// <summary>A list of a shape.</summary>
    /// <param name="schema">The shape.</param>
    public OpenApiSchema ArrayOf(ApiSchema schema) => new() { Type = JsonSchemaType.Array, Items = Reference(schema) };

    /// <summary>A page of a list, as <c>limit</c> and <c>after</c> ask for it.</summary>
    /// <param name="items">The name of the field that holds the items.</param>
    /// <param name="schema">The shape of an item.</param>
    /// <param name="next">The shape of <c>next</c>.</param>
    public OpenApiSchema PageOf(string items, ApiSchema schema, OpenApiSchema next) => Shapes.Closed([(items, ArrayOf(schema)), ("next", next)]);
}
