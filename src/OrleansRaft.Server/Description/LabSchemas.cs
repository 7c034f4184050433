using Microsoft.OpenApi;

namespace OrleansRaft.Server;

/// <summary>The shapes of the lab, as far as they are told here: the package's README and the lab's tell the rest.</summary>
internal static class LabSchemas
{
    /// <summary>All scenarios.</summary>
    public static OpenApiSchema List() => ApiSchemas.Closed(
    [
        ("scenarios", new OpenApiSchema
        {
            Type = JsonSchemaType.Array,
            Items = ApiSchemas.Closed(
            [
                ("name", ApiSchemas.Text("Its name.")),
                ("title", Words("A short title.")),
                ("about", Words("What it shows.")),
                ("nodes", Names("Its nodes.")),
            ]),
        }),
    ]);

    /// <summary>A scenario: a file of the lab.</summary>
    public static OpenApiSchema Scenario()
    {
        var schema = ApiSchemas.Closed(
        [
            ("name", ApiSchemas.Text("Its name.")),
            ("title", Words("A short title.")),
            ("about", Words("What it shows.")),
            ("nodes", Names("Its nodes.")),
            ("seed", ApiSchemas.Int64("Decides everything that could happen one way or another.")),
            ("settings", Open("How the cluster behaves.")),
            ("steps", OpenList("What happens, one thing after another.")),
            ("interventions", OpenList("What a visitor does at certain times.")),
        ]);
        schema.Required = new HashSet<string> { "name", "title", "about", "nodes", "steps" };
        return schema;
    }

    /// <summary>A recording.</summary>
    public static OpenApiSchema Recording(OpenApiDocument document) => ApiSchemas.Closed(
    [
        ("scenario", new OpenApiSchemaReference(ApiSchemas.Scenario, document)),
        ("nodes", Names("The nodes.")),
        ("duration", Milliseconds("When it ends.")),
        ("captions", OpenList("What is told, and when.")),
        ("actions", OpenList("What was done to the cluster, and when.")),
        ("checks", OpenList("What was expected, and whether it was so.")),
        ("states", OpenList("The nodes, whenever one changed.")),
        ("entries", Open("What each entry says, by index.term.")),
        ("messages", OpenList("Every message: when it was sent and when it arrives.")),
        ("links", OpenList("Which directions are cut, from when on.")),
        ("clients", OpenList("What clients asked, and what they were answered.")),
        ("asExpected", new OpenApiSchema { Type = JsonSchemaType.Boolean, Description = "Whether all went as the scenario expects." }),
        ("messagesLeftOut", ApiSchemas.Int64("How many messages there were beyond those recorded.")),
    ]);

    private static OpenApiSchema Words(string description)
    {
        var schema = ApiSchemas.Closed([("en", ApiSchemas.Text("In English.")), ("zh", ApiSchemas.Text("In Chinese."))]);
        schema.Description = description;
        return schema;
    }

    private static OpenApiSchema Names(string description) => new() { Type = JsonSchemaType.Array, Items = ApiSchemas.Text("A node's name."), Description = description };

    private static OpenApiSchema Milliseconds(string description) => new() { Type = JsonSchemaType.Number, Description = $"{description} In milliseconds of virtual time." };

    private static OpenApiSchema Open(string description) => new() { Type = JsonSchemaType.Object, Description = description };

    private static OpenApiSchema OpenList(string description) => new() { Type = JsonSchemaType.Array, Items = Open("One of them."), Description = description };
}
