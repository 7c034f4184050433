using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansRaft.Core;

namespace OrleansRaft.Simulation.Script;

/// <summary>Answers requests, one JSON line each, to drive a <see cref="ScriptCluster"/>. No line ends the session.</summary>
internal sealed class ScriptSession
{
    private const int TicksMax = 100_000;

    private static readonly ImmutableArray<string> Features =
    [
        "prevote", "checkquorum", "learners", "confchange", "joint", "transfer", "snapshot", "stepdown-on-removal", "progress", "etcd-forget-leader",
    ];

    private readonly ScriptCluster cluster = new();
    private JsonObject answer = [];

    /// <summary>Answers the lines of the standard input until it ends, in UTF-8 whatever the surroundings say.</summary>
    public static void Run()
    {
        using var input = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
        using var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false));
        var session = new ScriptSession();
        while (input.ReadLine() is { } line)
        {
            output.Write(session.Answer(line) + "\n");
            output.Flush();
        }
    }

    public string Answer(string line)
    {
        answer = new JsonObject { ["id"] = null, ["ok"] = true };
        try
        {
            using var document = Parse(line);
            answer["id"] = document.RootElement.TryGetProperty("id", out var id)
                && id.ValueKind == JsonValueKind.Number
                && id.TryGetInt64(out var number)
                ? number
                : throw new ScriptException("The field 'id' is missing: it must be a whole number, which the answer repeats.");
            Do(new ScriptRequest(document.RootElement));
        }
        catch (Exception failure)
        {
            answer = new JsonObject
            {
                ["id"] = answer["id"]?.DeepClone(),
                ["ok"] = false,
                ["error"] = failure is ScriptException ? failure.Message : $"The request failed: {failure.Message}",
            };
        }

        return answer.ToJsonString();
    }

    private static JsonDocument Parse(string line)
    {
        try
        {
            var document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document
                : throw new ScriptException("A request is a JSON object on one line.");
        }
        catch (JsonException malformed)
        {
            throw new ScriptException($"A request is a JSON object on one line: {malformed.Message}");
        }
    }

    private void Do(ScriptRequest request)
    {
        switch (request.Op)
        {
            case "hello":
                answer["name"] = "OrleansRaft";
                answer["features"] = new JsonArray([.. Features.Select(feature => JsonValue.Create(feature))]);
                break;
            case "add-nodes":
                AddNodes(request);
                break;
            case "campaign":
                Node(request).Step(new Campaign());
                break;
            case "propose":
                Refuse(Node(request).Propose(new CommandProposal(Encoding.UTF8.GetBytes(request.Text("data")))));
                break;
            case "propose-conf-change":
                Refuse(Node(request).Propose(Change(request)));
                break;
            case "process-ready":
                cluster.Process(Node(request));
                break;
            case "deliver-msgs":
                Deliver(request);
                break;
            case "stabilize":
                cluster.Stabilize(request.Nodes("nodes") is { } nodes ? [.. nodes.Select(id => cluster[id])] : cluster.Nodes);
                break;
            case "tick":
                Tick(Node(request), request.OptionalNumber("count", 0, TicksMax) ?? 1);
                break;
            case "heartbeat-all":
                // A heartbeat is due with every tick.
                foreach (var leader in cluster.Nodes.Where(node => node.Core.Role == RaftRole.Leader && !node.IsStopped))
                {
                    Tick(leader, 1);
                }

                break;
            case "set-randomized-election-timeout":
                Node(request).Core.SetElectionTimeout(request.Number("timeout", 1, TicksMax));
                break;
            case "transfer-leadership":
                Refuse(cluster[request.Node("from")].Transfer(cluster[request.Node("to")].Id));
                break;
            case "compact":
                Compact(Node(request), new LogIndex(request.Number("index", 1, int.MaxValue)));
                break;
            case "send-snapshot":
                SendSnapshot(cluster[request.Node("from")], cluster[request.Node("to")].Id);
                break;
            case "report-unreachable":
                Node(request).Step(new Unreachable(new ReplicaId(request.Node("peer"))));
                break;
            case "forget-leader":
                Node(request).Step(new Unquiesce(IsLeaderLost: true));
                break;
            case "restart":
                Node(request).Restart();
                break;
            case "state":
                answer["nodes"] = ScriptState.Describe(cluster);
                break;
            default:
                throw new ScriptException("not supported");
        }
    }

    private ScriptNode Node(ScriptRequest request) => cluster[request.Node("node")];

    private static void Refuse(string? reason)
    {
        if (reason is not null)
        {
            throw new ScriptException(reason);
        }
    }

    private static void Tick(ScriptNode node, int count)
    {
        for (var i = 0; i < count; i++)
        {
            node.Step(OrleansRaft.Core.Tick.Instance);
        }
    }

    private void AddNodes(ScriptRequest request)
    {
        var settings = ScriptSettings.Read(request);
        var (snapshot, content) = ScriptSettings.ReadSnapshot(request);
        cluster.Add(request.OptionalNumber("count", 1, ScriptCluster.NodesMax) ?? 1, settings, snapshot, content);
    }

    private static ChangeProposal Change(ScriptRequest request)
    {
        var changes = request.Items("changes").Select(change => (Kind(change), new ReplicaId(change.Node("node")))).ToList();
        JointTransition? transition = request.OptionalText("transition") switch
        {
            null or "" or "auto" => null,
            "implicit" => JointTransition.Implicit,
            "explicit" => JointTransition.Explicit,
            var other => throw new ScriptException($"The field 'transition' is '{other}', but must be auto, implicit or explicit."),
        };

        return request.Flag("v1") && (changes.Count != 1 || transition is not null)
            ? throw new ScriptException("A change with \"v1\" is exactly one, without a transition.")
            : new ChangeProposal(changes, transition);
    }

    private static ScriptChangeKind Kind(ScriptRequest change) => change.Text("type") switch
    {
        "voter" => ScriptChangeKind.Voter,
        "learner" => ScriptChangeKind.Learner,
        "remove" => ScriptChangeKind.Remove,
        "update" => ScriptChangeKind.Update,
        var other => throw new ScriptException($"The field 'type' of a change is '{other}', but must be voter, learner, remove or update."),
    };

    private void Deliver(ScriptRequest request)
    {
        var firstOnly = request.OptionalText("type") switch
        {
            null or "" => false,
            "first" => true,
            var other => throw new ScriptException($"The field 'type' is '{other}', but must be 'first', or absent for all messages."),
        };
        var dropped = request.Nodes("drop") ?? [];
        ScriptNode[] receivers = [.. (request.Nodes("to") ?? []).Select(id => cluster[id])];
        if (receivers.FirstOrDefault(node => dropped.Contains((int)node.Id.Value)) is { } both)
        {
            throw new ScriptException($"Messages to node {both.Id} cannot be delivered and dropped at once.");
        }

        answer["delivered"] = receivers.Sum(node => cluster.Deliver(node, firstOnly));
        answer["dropped"] = dropped.Sum(id => cluster.Drop(id, firstOnly));
    }

    private static void Compact(ScriptNode node, LogIndex index)
    {
        if (index > node.Core.AppliedIndex)
        {
            throw new ScriptException($"Node {node.Id} has applied only {node.Core.AppliedIndex}; a snapshot holds no more than that.");
        }

        if (index > node.Core.Status.Snapshot.LastIncluded.Index || node.Core.IdAt(index) is null)
        {
            throw new ScriptException($"Node {node.Id} no longer holds entry {index}: its log begins later.");
        }

        node.Compact(index);
    }

    private void SendSnapshot(ScriptNode from, ReplicaId to)
    {
        var session = from.Core.Configuration.Find(to)?.Session ?? LogIndex.Zero;
        cluster.Post(new ScriptMessage(from.Id, to, ScriptMessage.Copy(from.NewestSnapshot(session)), null));
    }
}
