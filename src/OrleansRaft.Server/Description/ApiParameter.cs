using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using OrleansRaft.Counters;

namespace OrleansRaft.Server;

/// <summary>A parameter of an operation.</summary>
/// <param name="Name">Its name.</param>
/// <param name="In">Where it stands.</param>
/// <param name="Description">What it says.</param>
/// <param name="Schema">Makes its schema anew: the documents that it goes into own it.</param>
internal sealed record ApiParameter(string Name, ParameterLocation In, string Description, Func<OpenApiSchema> Schema)
{
    public static readonly ApiParameter Tenant = InPath("tenant", "Whose counter.", NameSchema);

    public static readonly ApiParameter Counter = InPath("counter", "Which counter.", NameSchema);

    public static readonly ApiParameter Group = InPath("group", "Which group, such as counters-0.", () => new OpenApiSchema { Type = JsonSchemaType.String });

    public static readonly ApiParameter Digest = InQuery(
        "digest",
        "Whether to add digests of the replicas' states. They cost a capture of each: a replica makes one at most so often that it spends a hundredth of its time on them, and answers "
        + "with its last one meanwhile. Compare digests only where digestIndex is the same.",
        () => new OpenApiSchema { Type = JsonSchemaType.Boolean, Default = JsonValue.Create(false) });

    public static readonly ApiParameter Replica = InQuery(
        "replica", "Which replica.", () => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "1" });

    public static readonly ApiParameter Version = InQuery(
        "version",
        "The configuration's version for which the change is made; any without it.",
        () => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "0" });

    public static readonly ApiParameter Force = InQuery(
        "force",
        "Whether the group catalogue-0 may be left with fewer voters than it should have.",
        () => new OpenApiSchema { Type = JsonSchemaType.Boolean, Default = JsonValue.Create(false) });

    public static readonly ApiParameter FocusGroup = InQuery(
        "group", "The group in focus, of which messages come too.", () => new OpenApiSchema { Type = JsonSchemaType.String });

    public static readonly ApiParameter LastEventId = new(
        "Last-Event-ID",
        ParameterLocation.Header,
        "The id of the last event that was received: the stream goes on after it, or says that it cannot.",
        () => new OpenApiSchema { Type = JsonSchemaType.String });

    public static readonly ApiParameter Fault = InPath("fault", "Which fault, such as f-3a9c01.", () => new OpenApiSchema { Type = JsonSchemaType.String });

    public static readonly ApiParameter Scenario = InPath("scenario", "Which scenario, such as replication.", () => new OpenApiSchema { Type = JsonSchemaType.String });

    public static readonly ApiParameter Consistency = InQuery(
        "consistency",
        "What the read may see: everything acknowledged before it began (linearizable); the same by the leader's lease, where leases are on (lease); "
        + "or whatever the nearest replica has applied, with its age (stale).",
        () => new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Enum = [JsonValue.Create("linearizable"), JsonValue.Create("lease"), JsonValue.Create("stale")],
            Default = JsonValue.Create("linearizable"),
        });

    public static readonly ApiParameter AfterCounter = InQuery("after", "Counters after this name: the next of the page before.", NameSchema);

    public static readonly ApiParameter AfterGroup = InQuery(
        "after", "Groups after this name: the next of the page before.", () => new OpenApiSchema { Type = JsonSchemaType.String });

    public static readonly ApiParameter AfterIndex = InQuery(
        "after", "Entries after this log index: the next of the page before.", () => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "0" });

    public static readonly ApiParameter IdempotencyKey = new(
        OrleansRaft.Server.IdempotencyKey.Header,
        ParameterLocation.Header,
        "1 to 255 visible ASCII characters. A request with the same key, for the same counter and method, is applied once and gets the first answer, for at "
        + "least ten minutes of the group's time and across failovers. The same key with another body or condition is refused with key-reused.",
        () => new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = OrleansRaft.Server.IdempotencyKey.LengthMax, Pattern = "^[!-~]+$" });

    public static readonly ApiParameter IfMatch = new(
        EntityTag.Header,
        ParameterLocation.Header,
        "The counter's ETag as it was read: the write is applied only if the counter has not changed since. * asks only that it exists.",
        () => new OpenApiSchema { Type = JsonSchemaType.String });

    /// <summary>The size of a page.</summary>
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

    private static ApiParameter InPath(string name, string description, Func<OpenApiSchema> schema) => new(name, ParameterLocation.Path, description, schema);

    private static ApiParameter InQuery(string name, string description, Func<OpenApiSchema> schema) => new(name, ParameterLocation.Query, description, schema);

    private static OpenApiSchema NameSchema() =>
        new() { Type = JsonSchemaType.String, MinLength = 1, MaxLength = NameRule.LengthMax, Pattern = @"^(?!\.{1,2}$)[A-Za-z0-9._-]+$" };
}
