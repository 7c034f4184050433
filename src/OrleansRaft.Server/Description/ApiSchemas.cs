using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace OrleansRaft.Server;

/// <summary>The shapes of all bodies, as the OpenAPI document tells them. The code that writes them is by hand; tests hold the two together.</summary>
internal static class ApiSchemas
{
    public const string Counter = nameof(Counter);
    public const string CounterPage = nameof(CounterPage);
    public const string IncrementBody = nameof(IncrementBody);
    public const string SetBody = nameof(SetBody);
    public const string Note = nameof(Note);
    public const string NoteBody = nameof(NoteBody);
    public const string Group = nameof(Group);
    public const string GroupPage = nameof(GroupPage);
    public const string Replica = nameof(Replica);
    public const string Configuration = nameof(Configuration);
    public const string LeaderBody = nameof(LeaderBody);
    public const string MembersBody = nameof(MembersBody);
    public const string LogEntry = nameof(LogEntry);
    public const string LogPage = nameof(LogPage);
    public const string Fault = nameof(Fault);
    public const string FaultBody = nameof(FaultBody);
    public const string FaultList = nameof(FaultList);
    public const string Scenario = nameof(Scenario);
    public const string ScenarioList = nameof(ScenarioList);
    public const string Recording = nameof(Recording);
    public const string Health = nameof(Health);
    public const string Alarm = nameof(Alarm);
    public const string AlarmList = nameof(AlarmList);
    public const string Problem = nameof(Problem);

    internal const JsonSchemaType OrNull = JsonSchemaType.Null;

    /// <summary>Adds every shape to a document.</summary>
    public static void AddTo(OpenApiDocument document)
    {
        document.AddComponent(Counter, CounterSchema());
        document.AddComponent(CounterPage, Page("counters", Counter, document, Text("The after of the next page; null on the last one.", OrNull)));
        document.AddComponent(IncrementBody, Body("by", Int64("How much to add; may be negative."), 5));
        document.AddComponent(SetBody, Body("value", Int64("The counter's new value."), 5));
        document.AddComponent(Note, Closed([("tenant", Text("About which tenant.")), ("text", Text("What it says."))]));
        document.AddComponent(NoteBody, Body("text", Text("What the note is to say; at most 1,000 characters."), "Renewed until March."));
        document.AddComponent(Replica, ReplicaSchema());
        document.AddComponent(Configuration, ConfigurationSchema());
        document.AddComponent(LeaderBody, Body("replica", Int64("The voter that is to lead."), 2));
        document.AddComponent(MembersBody, MembersSchema());
        document.AddComponent(Group, GroupSchema(document));
        document.AddComponent(GroupPage, Page("groups", Group, document, Text("The after of the next page; null on the last one.", OrNull)));
        document.AddComponent(LogEntry, LogEntrySchema());
        document.AddComponent(LogPage, LogPageSchema(document));
        document.AddComponent(Fault, FaultSchemas.Fault());
        document.AddComponent(FaultBody, FaultSchemas.Body());
        document.AddComponent(FaultList, FaultSchemas.List(document));
        document.AddComponent(Scenario, LabSchemas.Scenario());
        document.AddComponent(ScenarioList, LabSchemas.List());
        document.AddComponent(Recording, LabSchemas.Recording(document));
        document.AddComponent(Health, Closed([("status", Choice("What it is.", "live", "ready"))]));
        document.AddComponent(Alarm, AlarmSchema());
        document.AddComponent(AlarmList, Closed([("alarms", ArrayOf(Alarm, document))]));
        document.AddComponent(Problem, ProblemSchema());
    }

    private static OpenApiSchema CounterSchema()
    {
        var schema = Closed(
        [
            ("tenant", Text("Whose counter.")),
            ("counter", Text("Which counter.")),
            ("value", Int64("Its value.")),
            ("group", Text("The group that keeps it.")),
            ("index", Int64("The log index of its last change; in quotes, its ETag.")),
            ("term", Int64("The term of that entry.")),
            ("ageMilliseconds", Int64("Only of a stale read: how old the answer may be, the time since the replica last heard from its leader.")),
        ]);
        schema.Required!.Remove("ageMilliseconds");
        return schema;
    }

    private static OpenApiSchema ReplicaSchema()
    {
        var schema = Closed(
        [
            ("replica", Int64("Its id within the group, from 1.")),
            ("silo", Text("The name of the silo that hosts it; null when none is known.", OrNull)),
            ("role", Choice("What it is doing.", "leader", "follower", "learner", "candidate", "pre-candidate", "unreachable")),
            ("term", Int64("The latest term it has seen.", OrNull)),
            ("lastIndex", Int64("The end of its log.", OrNull)),
            ("commitIndex", Int64("The last entry it knows to be committed.", OrNull)),
            ("appliedIndex", Int64("The last entry that its state machine holds.", OrNull)),
            ("digest", Text("A digest of its whole state at digestIndex. Null unless it was asked for: it costs a capture of the state. Null proves nothing.", OrNull)),
            ("digestIndex", Int64("The last entry in the state that the digest is of: replicas can be compared where it is the same. Null without a digest.", OrNull)),
            ("lastContactMilliseconds", Int64("How long ago it heard from its leader; null for the leader itself.", OrNull)),
            ("problem", Text("Only of a replica that did not answer: why.")),
        ]);
        schema.Required!.Remove("problem");
        return schema;
    }

    private static OpenApiSchema GroupSchema(OpenApiDocument document) => Closed(
    [
        ("group", Text("Its name.")),
        ("leader", Int64("The id of the replica that leads; null when none does.", OrNull)),
        ("term", Int64("The highest term that any replica tells.")),
        ("configuration", new OpenApiSchemaReference(Configuration, document)),
        ("replicas", ArrayOf(Replica, document)),
    ]);

    private static OpenApiSchema ConfigurationSchema() => Closed(
    [
        ("version", Int64("The log index of the entry that made it; changes of members can be conditional on it.")),
        ("voters", Numbers("The replicas that vote.")),
        ("outgoingVoters", Numbers("While the group passes from one set of voters to another, the old ones, of which a majority is needed as well; else empty.")),
        ("learners", Numbers("Replicas that receive the log and have no vote.")),
    ]);

    private static OpenApiSchema MembersSchema()
    {
        var schema = Closed(
        [
            ("replica", Int64("The number of the replica that joins, at most 64 beyond the highest that was used; the next that was never used is chosen without it.")),
            ("replaces", Int64("The voter whose place it takes once it has caught up.")),
            ("learner", new OpenApiSchema { Type = JsonSchemaType.Boolean, Description = "Whether it stays without a vote." }),
            ("silo", Text("The silo whose local store is to hold it; only where silos have stores of their own.")),
            ("voters", Int64("Instead of all these: how many voters the group is to have, from 1 to 7.")),
            ("force", new OpenApiSchema { Type = JsonSchemaType.Boolean, Description = "With voters, or of a removal: whether the group catalogue-0 may be left with fewer voters than it should have." }),
            ("version", Int64("The configuration's version for which the change is made; any without it.")),
        ]);
        schema.Required!.Clear();
        schema.Examples = [new JsonObject { ["replica"] = 4, ["version"] = 17 }];
        return schema;
    }

    private static OpenApiSchema Numbers(string description) => new()
    {
        Type = JsonSchemaType.Array,
        Description = description,
        Items = Int64("A replica."),
    };

    private static OpenApiSchema LogEntrySchema() => Closed(
    [
        ("index", Int64("Its place in the log.")),
        ("term", Int64("The term in which a leader made it.")),
        ("kind", Choice("What it is.", "command", "configuration", "no-op", "session", "limits")),
        ("timeMilliseconds", Int64("The group's time at its append.")),
        ("bodyBytes", Int64("The size of its body.")),
        ("key", Text("Of a command, the key that chose the group; of a counter, tenant/counter.", OrNull)),
        ("requestId", Text("Of a command with an idempotency key, the id it is remembered under.", OrNull)),
        ("text", Text("What it says, for people. Not for programs: the words may change.")),
    ]);

    private static OpenApiSchema LogPageSchema(OpenApiDocument document)
    {
        var schema = Page("entries", LogEntry, document, Int64("The after of the next page; null when the log ends here.", OrNull));
        schema.Properties!["group"] = Text("The group.");
        schema.Required!.Add("group");
        return schema;
    }

    private static OpenApiSchema AlarmSchema() => Closed(
    [
        ("alarm", Text("What kind: leaderless, store-unreachable, store-full, store-corrupt; others may be added.")),
        ("group", Text("The group that suffers; null when it is not one group's.", OrNull)),
        ("silo", Text("The silo that suffers; null when it is not one silo's.", OrNull)),
        ("since", new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time", Description = "Since when, as far as is known." }),
        ("detail", Text("What is wrong, with what.")),
        ("remedy", Text("What to do.")),
    ]);

    private static OpenApiSchema ProblemSchema()
    {
        var schema = Closed(
        [
            ("type", Text("What kind of problem: stable, for programs.")),
            ("title", Text("The kind in words.")),
            ("status", new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Description = "The status code." }),
            ("detail", Text("What happened, to what, and what to do next.")),
            ("definite", new OpenApiSchema { Type = JsonSchemaType.Boolean, Description = "Whether the request certainly changed nothing; false when it may have." }),
            ("field", Text("The field, header or parameter that is to blame, where there is one.")),
        ]);
        schema.Required!.Remove("field");
        return schema;
    }

    private static OpenApiSchema Body(string field, OpenApiSchema schema, JsonNode example)
    {
        var body = Closed([(field, schema)]);
        body.Examples = [new JsonObject { [field] = example }];
        return body;
    }

    private static OpenApiSchema Page(string items, string schema, OpenApiDocument document, OpenApiSchema next) =>
        Closed([(items, ArrayOf(schema, document)), ("next", next)]);

    internal static OpenApiSchema ArrayOf(string schema, OpenApiDocument document) =>
        new() { Type = JsonSchemaType.Array, Items = new OpenApiSchemaReference(schema, document) };

    /// <summary>An object with these fields, all required, and no others.</summary>
    internal static OpenApiSchema Closed(ReadOnlySpan<(string Name, IOpenApiSchema Schema)> fields)
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

    internal static OpenApiSchema Text(string description, JsonSchemaType or = 0) => new() { Type = JsonSchemaType.String | or, Description = description };

    internal static OpenApiSchema Int64(string description, JsonSchemaType or = 0) =>
        new() { Type = JsonSchemaType.Integer | or, Format = "int64", Description = description };

    internal static OpenApiSchema Choice(string description, params ReadOnlySpan<string> values)
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
