using System.Text.Json;
using OrleansRaft.Runtime;

namespace OrleansRaft.Lab.Scenarios;

/// <summary>Reads scenarios.</summary>
internal static class ScenarioParser
{
    private const int StepsMax = 100;
    private const int RequestsMax = 1_000;
    private const int MillisecondsMax = 60_000;
    private const int ChunkBytesMin = 16;

    /// <summary>Reads a scenario.</summary>
    /// <param name="json">An object in the format of <c>Scenarios/README.md</c>.</param>
    /// <exception cref="ScenarioException">The scenario is not valid; the exception names the step.</exception>
    public static Scenario Parse(JsonElement json)
    {
        var fields = new JsonFields(json, "", "name", "title", "about", "nodes", "seed", "settings", "steps", "interventions");
        var nodes = ParseNodes(fields);
        var actions = new ScenarioActionParser(nodes);
        List<ScenarioStep> steps = [.. Limited(fields, "steps").Select((item, number) => ParseStep(actions, item.Json, item.Place, number))];
        List<Intervention> interventions = fields.Has("interventions")
            ? [.. Limited(fields, "interventions").Select(item => ParseIntervention(actions, item.Json, item.Place))]
            : [];
        RequireFewRequests(steps.Select(static step => step.Action).Concat(interventions.Select(static intervention => intervention.Action)));
        return new Scenario(json.Clone(), ParseSettings(fields), steps, interventions)
        {
            Name = ParseName(fields),
            Title = fields.LocalizedText("title"),
            About = fields.LocalizedText("about"),
            Nodes = nodes,
            Seed = (ulong)fields.Number("seed", 0, int.MaxValue, 1),
        };
    }

    private static string ParseName(JsonFields fields)
    {
        var name = fields.Text("name");
        return name.Length is >= 1 and <= 64 && name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
            ? name
            : throw new ScenarioException("name", "must be 1 to 64 small letters, digits and hyphens.");
    }

    private static List<string> ParseNodes(JsonFields fields)
    {
        var nodes = new List<string>();
        foreach (var (json, place) in fields.List("nodes"))
        {
            if (json.ValueKind != JsonValueKind.String || json.GetString() is not { Length: >= 1 and <= 8 } name || nodes.Contains(name))
            {
                throw new ScenarioException(place, "must be a name of 1 to 8 characters that no other node has.");
            }

            nodes.Add(name);
        }

        return nodes.Count is >= 1 and <= Scenario.NodesMax
            ? nodes
            : throw new ScenarioException("nodes", $"must be 1 to {Scenario.NodesMax} names.");
    }

    /// <summary>Each request is an entry in every log, in every snapshot, and in the recording.</summary>
    private static void RequireFewRequests(IEnumerable<ScenarioAction?> actions)
    {
        var requests = actions.OfType<ClientAction>().Sum(static action => action.Times);
        if (requests > RequestsMax)
        {
            throw new ScenarioException("steps", $"send {requests} requests in all; a play has at most {RequestsMax}.");
        }
    }

    private static List<(JsonElement Json, string Place)> Limited(JsonFields fields, string name)
    {
        var items = fields.List(name).Take(StepsMax + 1).ToList();
        return items.Count <= StepsMax ? items : throw new ScenarioException(name, $"must be at most {StepsMax}.");
    }

    private static ScenarioSettings ParseSettings(JsonFields scenario)
    {
        using var empty = JsonDocument.Parse("{}");
        var fields = new JsonFields(
            scenario.Has("settings") ? scenario.Get("settings") : empty.RootElement,
            "settings",
            "tickMilliseconds", "heartbeatTicks", "electionTicksMin", "electionTicksMax", "preVote", "checkQuorum",
            "linkMilliseconds", "linkSpreadMilliseconds", "diskMilliseconds", "snapshotBytes", "chunkBytes",
            "keptEntries", "inflightMessages");
        var raft = new RaftOptions
        {
            TickInterval = TimeSpan.FromMilliseconds(fields.Number("tickMilliseconds", 5, 1_000, 50)),
            HeartbeatTicks = fields.Number("heartbeatTicks", 1, 100, 2),
            ElectionTicksMin = fields.Number("electionTicksMin", 1, 1_000, 8),
            ElectionTicksMax = fields.Number("electionTicksMax", 1, 1_000, 16),
            PreVote = fields.Flag("preVote", true),
            CheckQuorum = fields.Flag("checkQuorum", true),
            SnapshotThresholdBytes = fields.Number("snapshotBytes", 64, int.MaxValue, 8 * 1024 * 1024),
            KeptEntries = fields.Number("keptEntries", 0, 1_000_000, 1_000),
            InflightMessagesMax = fields.Number("inflightMessages", 1, 64, 64),

            // A scenario shows each message, and nothing that it did not ask for.
            QuiesceTicks = 0,
            RoundBytesMin = 0,
            RoundWaitMax = TimeSpan.Zero,
        };
        if (new RaftOptionsValidator().Validate(null, raft) is { Failed: true, Failures: { } failures })
        {
            throw new ScenarioException("settings", string.Join(" ", failures));
        }

        // Smaller than a silo's may be, where each costs a message, so that the few bytes of a scenario's state pass in several.
        raft.SnapshotChunkBytes = fields.Number("chunkBytes", ChunkBytesMin, int.MaxValue / 2, raft.SnapshotChunkBytes);

        var link = fields.Number("linkMilliseconds", 0, MillisecondsMax, 30);
        var spread = fields.Number("linkSpreadMilliseconds", 0, MillisecondsMax, 0);
        return new ScenarioSettings(
            raft,
            TimeSpan.FromMilliseconds(link),
            TimeSpan.FromMilliseconds(link + spread),
            TimeSpan.FromMilliseconds(fields.Number("diskMilliseconds", 0, MillisecondsMax, 2)));
    }

    private static ScenarioStep ParseStep(ScenarioActionParser actions, JsonElement json, string place, int number)
    {
        var fields = new JsonFields(json, place, ["say", .. ScenarioActionParser.Known]);
        var say = fields.Has("say") ? fields.LocalizedText("say") : null;
        var action = actions.Parse(fields, place);
        return say is null && action is null
            ? throw new ScenarioException(place, $"does nothing; give it say, or one of {string.Join(", ", ScenarioActionParser.Verbs)}.")
            : new ScenarioStep(number, say, action);
    }

    private static Intervention ParseIntervention(ScenarioActionParser actions, JsonElement json, string place)
    {
        var fields = new JsonFields(json, place, ["at", .. ScenarioActionParser.Known]);
        return actions.Parse(fields, place) is { } action and not (WaitAction or UntilAction or ExpectAction)
            ? new Intervention(TimeSpan.FromMilliseconds(fields.Number("at", 0, MillisecondsMax)), action)
            : throw new ScenarioException(place, "must do something to the cluster at its time; wait, until and expect are for steps.");
    }
}
