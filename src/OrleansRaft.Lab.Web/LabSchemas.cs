using Microsoft.OpenApi;
using OrleansRaft.Server.Description;

namespace OrleansRaft.Lab.Web;

/// <summary>The shapes of the lab, as far as they are described here: the package's README and the lab's describe the rest.</summary>
internal static class LabSchemas
{
    /// <summary>All scenarios.</summary>
    public static readonly ApiSchema ScenarioList = new(nameof(ScenarioList), static () => Shapes.Closed(
    [
        ("scenarios", new OpenApiSchema
        {
            Type = JsonSchemaType.Array,
            Items = Shapes.Closed(
            [
                ("name", Shapes.Text("Its name.")),
                ("title", Words("A short title.")),
                ("about", Words("What it shows.")),
                ("nodes", Names("Its nodes.")),
            ]),
        }),
    ]));

    /// <summary>A scenario: a file of the lab.</summary>
    public static readonly ApiSchema Scenario = new(nameof(Scenario), static () =>
    {
        var schema = Shapes.Closed(
        [
            ("name", Shapes.Text("Its name.")),
            ("title", Words("A short title.")),
            ("about", Words("What it shows.")),
            ("nodes", Names("Its nodes.")),
            ("seed", Shapes.Number("Decides everything that could happen one way or another.")),
            ("settings", Open("How the cluster behaves.")),
            ("steps", OpenList("What happens, one thing after another.")),
            ("interventions", OpenList("What a visitor does at certain times.")),
        ]);
        schema.Required = new HashSet<string> { "name", "title", "about", "nodes", "steps" };
        return schema;
    });

    /// <summary>A recording.</summary>
    public static readonly ApiSchema Recording = new(nameof(Recording), static schemas => Shapes.Closed(
    [
        ("scenario", schemas.Reference(Scenario)),
        ("nodes", Names("The nodes.")),
        ("duration", Milliseconds("When it ends.")),
        ("captions", OpenList("The captions, and when they appear.")),
        ("actions", OpenList("What was done to the cluster, and when.")),
        ("checks", OpenList("What was expected, and whether it was so.")),
        ("states", OpenList("The nodes, whenever one changed.")),
        ("entries", Open("What each entry says, by index.term.")),
        ("messages", OpenList("Every message: when it was sent and when it arrives.")),
        ("links", OpenList("Which directions are cut, from when on.")),
        ("clients", OpenList("What clients asked, and what they were answered.")),
        ("asExpected", Shapes.Flag("Whether all went as the scenario expects.")),
        ("messagesLeftOut", Shapes.Number("How many messages there were beyond those recorded.")),
    ]));

    private static OpenApiSchema Words(string description)
    {
        var schema = Shapes.Closed([("en", Shapes.Text("In English.")), ("zh", Shapes.Text("In Chinese."))]);
        schema.Description = description;
        return schema;
    }

    private static OpenApiSchema Names(string description) => Shapes.List(description, Shapes.Text("A node's name."));

    private static OpenApiSchema Milliseconds(string description) =>
        new() { Type = JsonSchemaType.Number, Description = $"{description} In milliseconds of virtual time." };

    private static OpenApiSchema Open(string description) => new() { Type = JsonSchemaType.Object, Description = description };

    private static OpenApiSchema OpenList(string description) => Shapes.List(description, Open("One of them."));
}
