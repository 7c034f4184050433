using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using OrleansRaft.Server.Http;

namespace OrleansRaft.Server.Description;

/// <summary>A parameter of an operation.</summary>
/// <param name="Name">Its name.</param>
/// <param name="In">Where it stands.</param>
/// <param name="Description">What it says.</param>
/// <param name="Schema">Makes its schema anew: the documents that it goes into own it.</param>
public sealed record ApiParameter(string Name, ParameterLocation In, string Description, Func<OpenApiSchema> Schema)
{
    /// <summary>The parameter <c>consistency</c> of reads, as <see cref="QueryParameters.Consistency"/> reads it.</summary>
    public static ApiParameter Consistency { get; } = InQuery(
        "consistency",
        "What the read may see: everything acknowledged before it began (linearizable); the same by the leader's lease, where leases are on (lease); "
        + "or whatever the nearest replica has applied, with its age (stale).",
        () => new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Enum = [JsonValue.Create("linearizable"), JsonValue.Create("lease"), JsonValue.Create("stale")],
            Default = JsonValue.Create("linearizable"),
        });

    /// <summary>The parameter <c>limit</c>: the size of a page, as <see cref="QueryParameters.Limit"/> reads it.</summary>
    /// <param name="otherwise">The size without it.</param>
    public static ApiParameter Limit(int otherwise) => InQuery(
        "limit",
        "The most items on the page.",
        () => new OpenApiSchema
        {
            Type = JsonSchemaType.Integer,
            Format = "int32",
            Minimum = "1",
            Maximum = $"{QueryParameters.LimitMax}",
            Default = JsonValue.Create(otherwise),
        });

    /// <summary>The header <c>Idempotency-Key</c>, as <see cref="Http.IdempotencyKey"/> reads it.</summary>
    /// <param name="scope">What a key belongs to, such as <c>the same counter and method</c>.</param>
    public static ApiParameter IdempotencyKey(string scope) => InHeader(
        Http.IdempotencyKey.Header,
        $"1 to {Http.IdempotencyKey.LengthMax} visible ASCII characters. A request with the same key, for {scope}, is applied once and gets the "
        + "first answer, for at least ten minutes of the group's time and across failovers. The same key with another body or condition is "
        + "refused with key-reused.",
        () => new OpenApiSchema
        {
            Type = JsonSchemaType.String, MinLength = 1, MaxLength = Http.IdempotencyKey.LengthMax, Pattern = "^[!-~]+$",
        });

    /// <summary>The header <c>If-Match</c>, as <see cref="EntityTag"/> reads it.</summary>
    /// <param name="resource">Whose tag it is, such as <c>counter</c>.</param>
    public static ApiParameter IfMatch(string resource) => InHeader(
        EntityTag.Header,
        $"The {resource}'s ETag as it was read: the write is applied only if the {resource} has not changed since. * asks only that it exists.",
        Text);

    /// <summary>A part of the path.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it says.</param>
    /// <param name="schema">Makes its schema; null for any text.</param>
    public static ApiParameter InPath(string name, string description, Func<OpenApiSchema>? schema = null) =>
        new(name, ParameterLocation.Path, description, schema ?? Text);

    /// <summary>A parameter behind the question mark.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it says.</param>
    /// <param name="schema">Makes its schema; null for any text.</param>
    public static ApiParameter InQuery(string name, string description, Func<OpenApiSchema>? schema = null) =>
        new(name, ParameterLocation.Query, description, schema ?? Text);

    /// <summary>A header.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it says.</param>
    /// <param name="schema">Makes its schema; null for any text.</param>
    public static ApiParameter InHeader(string name, string description, Func<OpenApiSchema>? schema = null) =>
        new(name, ParameterLocation.Header, description, schema ?? Text);

    private static OpenApiSchema Text() => new() { Type = JsonSchemaType.String };
}
