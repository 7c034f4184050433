using Microsoft.OpenApi;

namespace OrleansRaft.Server;

/// <summary>The shapes of faults.</summary>
internal static class FaultSchemas
{
    private const JsonSchemaType OrNull = ApiSchemas.OrNull;

    /// <summary>A fault in force.</summary>
    public static OpenApiSchema Fault() => ApiSchemas.Closed(
    [
        ("fault", ApiSchemas.Text("Its name.")),
        ("kind", Kind()),
        .. Fields(OrNull),
        ("seconds", ApiSchemas.Int64("After how many seconds it heals by itself.")),
        ("beganAt", ApiSchemas.Int64("When it began, in Unix milliseconds.")),
        ("healsInMilliseconds", ApiSchemas.Int64("When it heals by itself.")),
        ("text", ApiSchemas.Text("What is the matter, for people.")),
        ("command", ApiSchemas.Text("The oraft command that does the same.")),
    ]);

    /// <summary>A wanted fault.</summary>
    public static OpenApiSchema Body()
    {
        var schema = ApiSchemas.Closed(
        [
            ("kind", Kind()),
            .. Fields(0),
            ("seconds", ApiSchemas.Int64("After how many seconds it heals by itself: 1 to 600, 30 unless told.")),
        ]);
        schema.Properties!["replica"] = new OpenApiSchema
        {
            Type = JsonSchemaType.Integer | JsonSchemaType.String,
            Description = "Of a fault of one replica, its number, or leader for whoever leads.",
        };
        schema.Required = new HashSet<string> { "kind" };
        return schema;
    }

    /// <summary>All faults.</summary>
    public static OpenApiSchema List(OpenApiDocument document) => ApiSchemas.Closed(
    [
        ("enabled", Flag("Whether there can be faults here.")),
        ("canKill", Flag("Whether silos can be killed.")),
        ("silos", Texts("The active silos.", 0)),
        ("faults", ApiSchemas.ArrayOf(ApiSchemas.Fault, document)),
    ]);

    private static (string Name, OpenApiSchema Schema)[] Fields(JsonSchemaType or) =>
    [
        ("group", ApiSchemas.Text("The group that suffers; without one, silos do.", or)),
        ("replica", ApiSchemas.Int64("Of a fault of one replica, its number.", or)),
        ("replicas", new OpenApiSchema
        {
            Type = JsonSchemaType.Array | or, Items = ApiSchemas.Int64("A replica's number."), Description = "Of a split group, one side.",
        }),
        ("silo", ApiSchemas.Text("Of a fault of one silo, its name.", or)),
        ("silos", Texts("Of split silos, one side.", or)),
        ("from", ApiSchemas.Text("Of a link, where it begins: a silo, or a replica of the group.", or)),
        ("to", ApiSchemas.Text("Of a link, where it ends: a silo, or a replica of the group.", or)),
        ("oneWay", Flag("Of a link, whether the way back is spared.")),
        ("milliseconds", ApiSchemas.Int64("Of a delay or a slow store, how much longer it takes: 1 to 10,000.", or)),
    ];

    private static OpenApiSchema Kind() => ApiSchemas.Choice("What it is.", "cut", "delay", "isolate", "split", "pause", "slow", "fail", "kill");

    private static OpenApiSchema Flag(string description) => new() { Type = JsonSchemaType.Boolean, Description = description };

    private static OpenApiSchema Texts(string description, JsonSchemaType or) =>
        new() { Type = JsonSchemaType.Array | or, Items = ApiSchemas.Text("A silo's name."), Description = description };
}
