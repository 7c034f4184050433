using OrleansRaft.Server.Description;

namespace OrleansRaft.Counters.Web;

/// <summary>The shapes of counters and notes. The code that writes them is by hand; tests hold the two together.</summary>
internal static class CounterSchemas
{
    public static readonly ApiSchema Counter = new(nameof(Counter), static () =>
    {
        var schema = Shapes.Closed(
        [
            ("tenant", Shapes.Text("Whose counter.")),
            ("counter", Shapes.Text("Which counter.")),
            ("value", Shapes.Number("Its value.")),
            ("group", Shapes.Text("The group that keeps it.")),
            ("index", Shapes.Number("The log index of its last change; in quotes, its ETag.")),
            ("term", Shapes.Number("The term of that entry.")),
            ("ageMilliseconds", Shapes.Number(
                "Only of a stale read: how old the answer may be, the time since the replica last heard from its leader.")),
        ]);
        schema.Required!.Remove("ageMilliseconds");
        return schema;
    });

    public static readonly ApiSchema CounterPage = new(
        nameof(CounterPage),
        static schemas => schemas.PageOf("counters", Counter, Shapes.Text("The after of the next page; null on the last one.", Shapes.OrNull)));

    public static readonly ApiSchema IncrementBody =
        new(nameof(IncrementBody), static () => Shapes.Body("by", Shapes.Number("How much to add; may be negative."), 5));

    public static readonly ApiSchema SetBody = new(nameof(SetBody), static () => Shapes.Body("value", Shapes.Number("The counter's new value."), 5));

    public static readonly ApiSchema DeletedTenant = new(nameof(DeletedTenant), static () => Shapes.Closed(
    [
        ("tenant", Shapes.Text("Which tenant.")),
        ("counters", Shapes.Number("How many counters this request deleted.")),
        ("more", Shapes.Flag("Whether there are further ones: send the request again.")),
    ]));

    public static readonly ApiSchema Note = new(
        nameof(Note), static () => Shapes.Closed([("tenant", Shapes.Text("About which tenant.")), ("text", Shapes.Text("What it says."))]));

    public static readonly ApiSchema NoteBody = new(
        nameof(NoteBody),
        static () => Shapes.Body("text", Shapes.Text("What the note is to say; at most 1,000 characters."), "Renewed until March."));
}
