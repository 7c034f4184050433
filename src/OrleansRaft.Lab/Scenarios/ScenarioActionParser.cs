using System.Text.Json;

namespace OrleansRaft.Lab.Scenarios;

/// <summary>Reads what steps do.</summary>
/// <param name="nodes">The names of the nodes.</param>
internal sealed class ScenarioActionParser(IReadOnlyList<string> nodes)
{
    /// <summary>The words for what a step can do.</summary>
    public static readonly string[] Verbs =
        [
            "wait",
            "until",
            "expect",
            "stop",
            "start",
            "pause",
            "resume",
            "campaign",
            "isolate",
            "cut",
            "lose",
            "split",
            "heal",
            "delay",
            "timeout",
            "client",
        ];

    /// <summary>All fields that belong to a action.</summary>
    public static readonly string[] Known = [.. Verbs, "limit", "set", "add", "get", "via", "times", "every", "takes"];

    private static readonly string[] Requests = ["set", "add", "get"];

    private const int MillisecondsMax = 20_000;
    private const int TimesMax = 200;
    private const int ClientNameMax = 32;
    private const int LimitDefault = 5_000;

    private readonly ConditionParser conditions = new(nodes);

    /// <summary>Reads the one thing that a step does; null when it does none.</summary>
    public ScenarioAction? Parse(JsonFields fields, string place)
    {
        var given = Array.FindAll(Verbs, fields.Has);
        return given switch
        {
            [] => null,
            [var verb] => Parse(verb, fields),
            _ => throw new ScenarioException(place, $"does {given.Length} things at once: {string.Join(", ", given)}. Give each a step of its own."),
        };
    }

    private ScenarioAction Parse(string verb, JsonFields fields) => verb switch
    {
        "wait" => new WaitAction(TimeSpan.FromMilliseconds(fields.Number(verb, 1, MillisecondsMax))),
        "until" => new UntilAction(
            conditions.Parse(fields.Get(verb), fields.At(verb)), TimeSpan.FromMilliseconds(fields.Number("limit", 1, MillisecondsMax, LimitDefault))),
        "expect" => new ExpectAction(conditions.Parse(fields.Get(verb), fields.At(verb))),
        "cut" or "lose" => ParseLink(verb, fields),
        "split" => ParseSplit(fields),
        "heal" => fields.Flag(verb, otherwise: true) ? new HealAction() : throw new ScenarioException(fields.At(verb), "must be true."),
        "delay" => ParseDelay(fields),
        "timeout" => ParseTimeout(fields),
        "client" => ParseClient(fields),
        _ => new NodesAction(verb, ParseNodes(fields, verb)),
    };

    private LinkAction ParseLink(string verb, JsonFields fields) => ParseNodes(fields, verb) is [var from, var to]
        ? new LinkAction(verb, from, to)
        : throw new ScenarioException(fields.At(verb), "must name two different nodes.");

    private SplitAction ParseSplit(JsonFields fields)
    {
        var side = ParseNodes(fields, "split");
        return side.Count < nodes.Count
            ? new SplitAction(side, [.. Enumerable.Range(0, nodes.Count).Except(side)])
            : throw new ScenarioException(fields.At("split"), "must name the nodes of one side, not all of them.");
    }

    private DelayAction ParseDelay(JsonFields fields) => ParseNodes(fields, "delay") is [var from, var to]
        ? new DelayAction(from, to, TimeSpan.FromMilliseconds(fields.Number("takes", 0, MillisecondsMax)))
        : throw new ScenarioException(fields.At("delay"), "must name two different nodes.");

    private TimeoutAction ParseTimeout(JsonFields fields)
    {
        var inner = new JsonFields(fields.Get("timeout"), fields.At("timeout"), [.. nodes]);
        return new TimeoutAction(
            [.. nodes.Index().Where(node => inner.Has(node.Item)).Select(node => (node.Index, inner.Number(node.Item, 1, 1_000)))]);
    }

    private ClientAction ParseClient(JsonFields fields)
    {
        var given = Array.FindAll(Requests, fields.Has);
        if (given.Length != 1)
        {
            throw new ScenarioException(fields.At("client"), "must do one thing: set, add or get.");
        }

        var isGet = given[0] == "get";
        var how = isGet ? fields.Text("get") : "linearizable";
        if (how is not ("linearizable" or "stale"))
        {
            throw new ScenarioException(fields.At("get"), "must be linearizable or stale.");
        }

        return new ClientAction(
            fields.Text("client") is { Length: <= ClientNameMax } name
                ? name
                : throw new ScenarioException(fields.At("client"), $"must have at most {ClientNameMax} characters."),
            isGet ? null : new RegisterCommand(given[0] == "add", fields.Number(given[0], int.MinValue, int.MaxValue)),
            fields.Has("via") && fields.Text("via") != "leader" ? NodeOf(fields.Text("via"), fields.At("via")) : null,
            how == "stale",
            fields.Number("times", 1, TimesMax, 1),
            TimeSpan.FromMilliseconds(fields.Number("every", 1, MillisecondsMax, 20)));
    }

    private List<int> ParseNodes(JsonFields fields, string verb)
    {
        var named = new List<int>();
        foreach (var (json, place) in fields.List(verb))
        {
            var node = NodeOf(json.ValueKind == JsonValueKind.String ? json.GetString()! : "", place);
            if (named.Contains(node))
            {
                throw new ScenarioException(place, $"names {nodes[node]} once more.");
            }

            named.Add(node);
        }

        return named.Count > 0 ? named : throw new ScenarioException(fields.At(verb), "must name a node.");
    }

    private int NodeOf(string name, string place)
    {
        for (var node = 0; node < nodes.Count; node++)
        {
            if (nodes[node] == name)
            {
                return node;
            }
        }

        throw new ScenarioException(place, $"names no node; there are {string.Join(", ", nodes)}.");
    }
}
