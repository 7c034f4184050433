using System.Text.Json;
using OrleansRaft.Core;

namespace OrleansRaft.Lab.Scenarios;

/// <summary>Reads what a scenario waits for or expects. All fields of one object must hold together.</summary>
/// <param name="nodes">The names of the nodes.</param>
internal sealed class ConditionParser(IReadOnlyList<string> nodes)
{
    private static readonly string[] Known =
        ["leader", "leaders", "role", "term", "sameTerm", "value", "commit", "last", "uncommitted", "matched", "snapshot", "received", "sameLogs",
         "answer"];

    /// <summary>Reads an object of conditions.</summary>
    public IReadOnlyList<Condition> Parse(JsonElement json, string place)
    {
        var fields = new JsonFields(json, place, Known);
        List<Condition> found = [.. Known.Where(fields.Has).SelectMany(name => Parse(name, fields))];
        return found.Count > 0 ? found : throw new ScenarioException(place, $"names no condition; there are {string.Join(", ", Known)}.");
    }

    private List<Condition> Parse(string name, JsonFields fields) => name switch
    {
        "leader" => [Leader(fields)],
        "leaders" => [Leaders(fields.Number(name, 0, nodes.Count))],
        "sameTerm" => [SameTerm(fields)],
        "matched" => [Matched(fields)],
        "sameLogs" => [SameLogs(fields)],
        "role" => PerNode(fields, name, Role),
        "answer" => Answers(fields),
        "snapshot" => PerNode(fields, name, Snapshot),
        "received" => PerNode(fields, name, Received),
        _ => PerNode(fields, name, Number(name)),
    };

    private Condition Leader(JsonFields fields)
    {
        if (fields.Get("leader").ValueKind == JsonValueKind.String)
        {
            var name = fields.Text("leader");
            if (name is "any" or "none")
            {
                return name == "any"
                    ? new Condition(new LocalizedText("there is a leader", "有 Leader"), static play => play.Leader is not null)
                    : new Condition(new LocalizedText("nobody leads", "没有 Leader"), static play => play.Leader is null);
            }
        }

        var wanted = NodesOf(fields, "leader");
        var names = string.Join(", ", wanted.Select(node => nodes[node]));
        return wanted is [var one]
            ? new Condition(new LocalizedText($"{names} leads", $"{names} 是 Leader"), play => play.Leader == one)
            : new Condition(
                new LocalizedText($"one of {names} leads", $"{names} 之一是 Leader"), play => play.Leader is { } leader && wanted.Contains(leader));
    }

    private static Condition Leaders(int count) => new(
        new LocalizedText(
            count == 1 ? "exactly one node takes itself for the leader" : $"{count} nodes take themselves for the leader",
            $"{count} 个节点认为自己是 Leader"),
        play => play.Replicas.Count(static replica => replica?.Role == RaftRole.Leader) == count);

    private Condition SameTerm(JsonFields fields)
    {
        var wanted = NodesOf(fields, "sameTerm");
        return new Condition(
            new LocalizedText($"{Names(wanted)} are in the same term", $"{Names(wanted)} 的任期相同"),
            play => wanted.Select(node => play.Replicas[node]?.Term).Distinct().Count() == 1);
    }

    private Condition Matched(JsonFields fields)
    {
        var wanted = NodesOf(fields, "matched");
        return new Condition(
            new LocalizedText(
                $"the leader knows that {Names(wanted)} {(wanted.Count == 1 ? "holds" : "hold")} its whole log", $"Leader 知道 {Names(wanted)} 拥有全部日志"),
            play => play.Leader is { } leader && play.Replicas[leader]?.Core?.Status is { } status
                && wanted.All(node => status.Progress.Any(peer => peer.Replica.Value == node + 1 && peer.MatchIndex == status.LastEntry.Index)));
    }

    private Condition SameLogs(JsonFields fields)
    {
        var wanted = NodesOf(fields, "sameLogs");
        return new Condition(
            new LocalizedText(
                $"the logs of {Names(wanted)} end with the same entry, and all of it is committed", $"{Names(wanted)} 的日志以同一条目结束，并已全部提交"),
            play => wanted.Select(node => play.Replicas[node]?.Core).ToList() is var cores
                && cores.TrueForAll(core => core is not null && core.LastEntry == cores[0]!.LastEntry && core.CommitIndex == core.LastEntry.Index));
    }

    private Condition Role(int node, JsonFields fields)
    {
        var name = fields.Text(nodes[node]);
        RaftRole[] roles = name switch
        {
            "leader" => [RaftRole.Leader],
            "follower" => [RaftRole.Follower],
            "candidate" => [RaftRole.Candidate, RaftRole.PreCandidate],
            _ => throw new ScenarioException(fields.At(nodes[node]), "must be leader, follower or candidate."),
        };
        var role = char.ToUpperInvariant(name[0]) + name[1..];
        return new Condition(
            new LocalizedText($"{nodes[node]} is a {name}", $"{nodes[node]} 是 {role}"),
            play => play.Replicas[node] is { } replica && roles.Contains(replica.Role));
    }

    private Condition Snapshot(int node, JsonFields fields)
    {
        var wanted = fields.Flag(nodes[node], otherwise: true);
        return new Condition(
            wanted
                ? new LocalizedText($"{nodes[node]} stands on a snapshot", $"{nodes[node]} 拥有快照")
                : new LocalizedText($"{nodes[node]} has no snapshot", $"{nodes[node]} 没有快照"),
            play => play.Replicas[node]?.Core is { } core && core.Status.Snapshot.LastIncluded.Index > LogIndex.Zero == wanted);
    }

    private Condition Received(int node, JsonFields fields)
    {
        var percent = fields.Number(nodes[node], 1, 99);
        return new Condition(
            new LocalizedText($"{nodes[node]} has {percent} % of a snapshot or more", $"{nodes[node]} 已收到快照的至少 {percent}%"),
            play => play.Replicas[node]?.Core?.Status.Receiving is { } part && 100 * part.Bytes >= percent * part.SizeBytes);
    }

    private Func<int, JsonFields, Condition> Number(string name) => (node, fields) =>
    {
        var (number, who) = (fields.Number(nodes[node], int.MinValue, int.MaxValue), nodes[node]);
        return name switch
        {
            "term" => new Condition(
                new LocalizedText($"{who} is in term {number} or later", $"{who} 的任期至少为 {number}"),
                play => play.Replicas[node]?.Term.Value >= number),
            "value" => new Condition(
                new LocalizedText($"{who} has the value {number}", $"{who} 的值为 {number}"), play => play.ValueOf(node) == number),
            "commit" => new Condition(
                new LocalizedText($"{who} knows {number} entries or more to be committed", $"{who} 知道至少 {number} 个条目已提交"),
                play => play.Replicas[node]?.Core?.CommitIndex.Value >= number),
            "last" => new Condition(
                new LocalizedText($"{who} has {number} entries or more", $"{who} 至少有 {number} 个条目"),
                play => play.Replicas[node]?.Core?.LastEntry.Index.Value >= number),
            _ => new Condition(
                new LocalizedText($"{who} holds {number} uncommitted {(number == 1 ? "entry" : "entries")}", $"{who} 有 {number} 个未提交的条目"),
                play => play.Replicas[node]?.Core is { } core && core.LastEntry.Index.Value - core.CommitIndex.Value == number),
        };
    };

    private static List<Condition> Answers(JsonFields fields) => fields.Get("answer") is { ValueKind: JsonValueKind.Object } answers
        ? [
            .. answers.EnumerateObject().Select(
                client => Answer(client.Name, new JsonFields(client.Value, $"{fields.At("answer")}.{client.Name}", "outcome", "value"))),
        ]
        : throw new ScenarioException(fields.At("answer"), "must be an object with a field for each client.");

    private static Condition Answer(string client, JsonFields fields)
    {
        var outcome = fields.Has("outcome") ? fields.Text("outcome") : null;
        if (outcome is not (null or "committed" or "rejected" or "unknown" or "waiting"))
        {
            throw new ScenarioException(fields.At("outcome"), "must be committed, rejected, unknown or waiting.");
        }

        var value = fields.Has("value") ? fields.Number("value", int.MinValue, int.MaxValue) : (long?)null;
        var (en, zh) = value is { } number ? ($" with the value {number}", $"，值为 {number}") : ("", "");
        return new Condition(
            outcome is null
                ? new LocalizedText($"client {client} has an answer{en}", $"客户端 {client} 得到了回答{zh}")
                : new LocalizedText($"client {client}'s request is {outcome}{en}", $"客户端 {client} 的请求：{Chinese(outcome)}{zh}"),
            play => play.LastRequestOf(client) is { } request
                && (outcome is null ? request.Answered is not null : request.Outcome == outcome)
                && (value is null || request.Value == value));
    }

    private static string Chinese(string outcome) => outcome switch
    {
        "committed" => "已提交",
        "rejected" => "被拒绝",
        "unknown" => "结果未知",
        _ => "等待中",
    };

    private List<Condition> PerNode(JsonFields fields, string name, Func<int, JsonFields, Condition> make)
    {
        var inner = new JsonFields(fields.Get(name), fields.At(name), [.. nodes]);
        return [.. nodes.Index().Where(node => inner.Has(node.Item)).Select(node => make(node.Index, inner))];
    }

    private List<int> NodesOf(JsonFields fields, string name)
    {
        var named = fields.Get(name).ValueKind == JsonValueKind.String
            ? [(fields.Get(name), fields.At(name))]
            : fields.List(name).ToList();
        if (named.Count > nodes.Count)
        {
            throw new ScenarioException(fields.At(name), $"names {named.Count} nodes; there are {nodes.Count}.");
        }

        return
        [
            .. named.Select(item => nodes.Index().FirstOrDefault(
                node => item.Item1.ValueKind == JsonValueKind.String && node.Item == item.Item1.GetString()) is { Item: not null } found
                    ? found.Index
                    : throw new ScenarioException(item.Item2, $"names no node; there are {string.Join(", ", nodes)}.")),
        ];
    }

    private string Names(List<int> wanted) => string.Join(", ", wanted.Select(node => nodes[node]));
}
