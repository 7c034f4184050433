using Microsoft.OpenApi;
using OrleansRaft.Grains.Faults;
using OrleansRaft.Server.Description;

namespace OrleansRaft.Server.Faults;

/// <summary>The shapes of faults.</summary>
internal static class FaultSchemas
{
    private const JsonSchemaType OrNull = Shapes.OrNull;

    /// <summary>A fault in force.</summary>
    public static readonly ApiSchema Fault = new(nameof(Fault), static () => Shapes.Closed(
    [
        ("fault", Shapes.Text("Its name.")),
        ("kind", Kind()),
        .. Fields(OrNull),
        ("seconds", Shapes.Number("After how many seconds it heals by itself.")),
        ("beganAt", Shapes.Number("When it began, in Unix milliseconds.")),
        ("healsInMilliseconds", Shapes.Number("When it heals by itself.")),
        ("text", Shapes.Text("A description for display.")),
        ("command", Shapes.Text("The oraft command that does the same.")),
    ]));

    /// <summary>A wanted fault.</summary>
    public static readonly ApiSchema FaultBody = new(nameof(FaultBody), static () =>
    {
        var schema = Shapes.Closed(
        [
            ("kind", Kind()),
            .. Fields(0),
            ("seconds", Shapes.Number("After how many seconds it heals by itself: 1 to 600; 30 by default.")),
        ]);
        schema.Properties!["replica"] = new OpenApiSchema
        {
            Type = JsonSchemaType.Integer | JsonSchemaType.String,
            Description = "Of a fault of one replica, its number, or leader for the current leader.",
        };
        schema.Required = new HashSet<string> { "kind" };
        return schema;
    });

    /// <summary>All faults.</summary>
    public static readonly ApiSchema FaultList = new(nameof(FaultList), static schemas => Shapes.Closed(
    [
        ("enabled", Shapes.Flag("Whether there can be faults here.")),
        ("canKill", Shapes.Flag("Whether silos can be killed.")),
        ("silos", Texts("The active silos.", 0)),
        ("faults", schemas.ArrayOf(Fault)),
    ]));

    private static (string Name, OpenApiSchema Schema)[] Fields(JsonSchemaType or) =>
    [
        ("group", Shapes.Text("The group that suffers; without one, silos do.", or)),
        ("replica", Shapes.Number("Of a fault of one replica, its number.", or)),
        ("replicas", Shapes.List("Of a split group, one side.", Shapes.Number("A replica's number."), or)),
        ("silo", Shapes.Text("Of a fault of one silo, its name.", or)),
        ("silos", Texts("Of split silos, one side.", or)),
        ("from", Shapes.Text("Of a link, where it begins: a silo, or a replica of the group.", or)),
        ("to", Shapes.Text("Of a link, where it ends: a silo, or a replica of the group.", or)),
        ("oneWay", Shapes.Flag("Of a link, whether the way back is spared.")),
        ("milliseconds", Shapes.Number("Of a delay or a slow store, how much longer it takes: 1 to 10,000.", or)),
    ];

    private static OpenApiSchema Kind() =>
        Shapes.Choice("What it is.", [.. Enum.GetValues<FaultKind>().Select(Faults.FaultBody.NameOf)]);

    private static OpenApiSchema Texts(string description, JsonSchemaType or) => Shapes.List(description, Shapes.Text("A silo's name."), or);
}
