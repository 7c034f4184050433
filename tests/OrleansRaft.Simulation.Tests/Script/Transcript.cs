using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansRaft.Simulation.Script;

namespace OrleansRaft.Simulation.Tests.Script;

/// <summary>
/// A story told to a scripted cluster: commands, and after a line "=>" what the nodes are like then. Nodes have letters; a command that must be
/// refused begins with an exclamation mark.
/// </summary>
internal sealed partial class Transcript
{
    private const string Expectation = "=>";

    private readonly ScriptSession session = new();
    private int requests;

    /// <summary>Tells the story again, with what the nodes are really like.</summary>
    public static string Retell(string story)
    {
        var transcript = new Transcript();
        var told = new List<string>();
        var isExpectation = false;
        foreach (var line in story.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n'))
        {
            if (line == Expectation)
            {
                isExpectation = true;
                told.Add(line);
                told.AddRange(transcript.State());
                continue;
            }

            isExpectation &= line.Length > 0;
            if (isExpectation)
            {
                continue;
            }

            told.Add(line);
            if (line.Length > 0 && line[0] != '#')
            {
                transcript.Command(line);
            }
        }

        return string.Join('\n', told) + '\n';
    }

    private void Command(string line)
    {
        var isRefused = line.StartsWith("! ", StringComparison.Ordinal);
        string[] words = [.. Words().Matches(isRefused ? line[2..] : line).Select(word => word.Value)];

        var answer = Ask(Request(words));

        answer["ok"]!.GetValue<bool>().ShouldBe(!isRefused, $"'{line}' was answered {answer.ToJsonString()}");
    }

    private JsonObject Ask(JsonObject request)
    {
        request["id"] = ++requests;
        return JsonNode.Parse(session.Answer(request.ToJsonString()))!.AsObject();
    }

    private static JsonObject Request(string[] words) => words[0] switch
    {
        "nodes" => Nodes(words),
        "campaign" or "restart" or "forget-leader" => new() { ["op"] = words[0], ["node"] = Id(words[1]) },
        "process" => new() { ["op"] = "process-ready", ["node"] = Id(words[1]) },
        "propose" => new() { ["op"] = "propose", ["node"] = Id(words[1]), ["data"] = words[2].Trim('"') },
        "change" => Change(words),
        "deliver" => new() { ["op"] = "deliver-msgs", ["to"] = Ids(words[1..]) },
        "deliver-first" => new() { ["op"] = "deliver-msgs", ["to"] = Ids(words[1..]), ["type"] = "first" },
        "drop" => new() { ["op"] = "deliver-msgs", ["drop"] = Ids(words[1..]) },
        "stabilize" when words.Length == 1 => new() { ["op"] = "stabilize" },
        "stabilize" => new() { ["op"] = "stabilize", ["nodes"] = Ids(words[1..]) },
        "tick" => new() { ["op"] = "tick", ["node"] = Id(words[1]), ["count"] = Number(words[2]) },
        "heartbeat" => new() { ["op"] = "heartbeat-all" },
        "timeout" => new() { ["op"] = "set-randomized-election-timeout", ["node"] = Id(words[1]), ["timeout"] = Number(words[2]) },
        "transfer" or "send-snapshot" => new()
        {
            ["op"] = words[0] == "transfer" ? "transfer-leadership" : words[0],
            ["from"] = Id(words[1]),
            ["to"] = Id(words[2]),
        },
        "compact" => new() { ["op"] = "compact", ["node"] = Id(words[1]), ["index"] = Number(words[2]) },
        "unreachable" => new() { ["op"] = "report-unreachable", ["node"] = Id(words[1]), ["peer"] = Id(words[2]) },
        _ => throw new FormatException($"No command '{words[0]}' is known."),
    };

    /// <summary>
    /// "nodes 3 A B C" starts three nodes with these voters from an empty log; a small letter is a learner; "nodes 1" starts an empty one.
    /// </summary>
    private static JsonObject Nodes(string[] words)
    {
        var request = new JsonObject { ["op"] = "add-nodes", ["count"] = Number(words[1]) };
        string[] members = [.. words[2..].Where(word => word.Length == 1)];
        if (members.Length > 0)
        {
            request["index"] = 1;
            request["voters"] = Ids([.. members.Where(member => char.IsUpper(member[0]))]);
            request["learners"] = Ids([.. members.Where(member => char.IsLower(member[0]))]);
        }

        foreach (var option in words[2..].Where(word => word.Length > 1))
        {
            request[option] = true;
        }

        return request;
    }

    /// <summary>"change A +D -B ~C": D becomes a voter, B goes, C becomes a learner.</summary>
    private static JsonObject Change(string[] words)
    {
        var request = new JsonObject { ["op"] = "propose-conf-change", ["node"] = Id(words[1]) };
        var changes = new JsonArray();
        foreach (var word in words[2..])
        {
            if (word is "explicit" or "implicit")
            {
                request["transition"] = word;
                continue;
            }

            var type = word[0] switch { '+' => "voter", '-' => "remove", _ => "learner" };
            changes.Add(new JsonObject { ["type"] = type, ["node"] = Id(word[1..]) });
        }

        request["changes"] = changes;
        return request;
    }

    private IEnumerable<string> State() => Ask(new JsonObject { ["op"] = "state" })["nodes"]!.AsArray().Select(node => Describe(node!));

    private static string Describe(JsonNode node)
    {
        var commit = Value(node["commit"]);
        string[] log = [.. node["log"]!.AsArray().Where(entry => Value(entry!["index"]) <= commit).Select(entry => Entry(entry!))];
        string[] uncommitted = [.. node["log"]!.AsArray().Where(entry => Value(entry!["index"]) > commit).Select(entry => Entry(entry!))];
        return $"{Letter(node["id"])} {node["role"],-13} term {node["term"]}  vote {Letter(node["vote"])}  leader {Letter(node["lead"])}  "
            + $"{Members(node["config"]!)}  commit {commit}:"
            + string.Concat(log.Select(entry => " " + entry))
            + (uncommitted.Length > 0 ? "  uncommitted:" + string.Concat(uncommitted.Select(entry => " " + entry)) : "");
    }

    private static string Members(JsonNode configuration)
    {
        var outgoing = configuration["outgoing"]!.AsArray();
        return Letters(configuration["voters"]!.AsArray())
            + (outgoing.Count > 0 ? "&" + Letters(outgoing) : "")
            + Letters(
                [
                    .. configuration["learners"]!.AsArray().Concat(configuration["learners_next"]!.AsArray()).Select(id => id!.DeepClone()),
                ]).ToLowerInvariant();
    }

    private static string Entry(JsonNode entry) => (string)entry["type"]! == "normal"
        ? $"[{entry["term"]}.{entry["index"]} {entry["data"]}]".Replace(" ]", "]", StringComparison.Ordinal)
        : $"[{entry["term"]}.{entry["index"]} members]";

    private static string Letters(JsonArray ids) => string.Concat(ids.Select(Letter));

    private static string Letter(JsonNode? id) => Value(id) == 0 ? "-" : ((char)('A' + Value(id) - 1)).ToString();

    private static long Value(JsonNode? number) => number!.GetValue<long>();

    private static int Id(string letter) => char.ToUpperInvariant(letter[0]) - 'A' + 1;

    private static JsonArray Ids(string[] letters) => [.. letters.Select(letter => JsonValue.Create(Id(letter)))];

    private static int Number(string word) => int.Parse(word, System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex("\"[^\"]*\"|\\S+")]
    private static partial Regex Words();
}
