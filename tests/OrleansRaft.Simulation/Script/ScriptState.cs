using System.Text;
using System.Text.Json.Nodes;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Simulation.Script;

/// <summary>Writes the answer to 'state'.</summary>
internal static class ScriptState
{
    public static JsonArray Describe(ScriptCluster cluster) => [.. cluster.Nodes.Select(Describe)];

    private static JsonObject Describe(ScriptNode node)
    {
        var core = node.Core;
        var configuration = core.ConfigurationAt(core.AppliedIndex);
        var state = new JsonObject
        {
            ["id"] = node.Id.Value,
            ["role"] = core.Role switch
            {
                RaftRole.Leader => "leader",
                RaftRole.Candidate => "candidate",
                RaftRole.PreCandidate => "pre-candidate",
                _ => "follower",
            },
            ["term"] = core.CurrentTerm.Value,
            ["vote"] = core.Status.HardState.VotedFor?.Value ?? 0,
            ["lead"] = core.Leader?.Value ?? 0,
            ["commit"] = core.CommitIndex.Value,
            ["applied"] = core.AppliedIndex.Value,
            ["config"] = new JsonObject
            {
                ["voters"] = Ids(configuration.Voters),
                ["outgoing"] = Ids(configuration.OutgoingVoters),
                ["learners"] = Ids(configuration.Learners),
                ["learners_next"] = Ids(configuration.LearnersNext),
            },
        };
        if (core.Role == RaftRole.Leader)
        {
            state["match"] = Match(core, configuration);
        }

        state["log"] = new JsonArray([.. node.Disk.Log.Select(Describe)]);
        return state;
    }

    private static JsonObject Match(RaftCore core, Configuration configuration)
    {
        var status = core.Status;
        var match = new JsonObject();
        foreach (var member in configuration.Members)
        {
            match[member.Id.ToString()] = member.Id == core.Id
                ? status.DurableIndex.Value
                : status.Progress.FirstOrDefault(progress => progress.Replica == member.Id)?.MatchIndex.Value ?? 0;
        }

        return match;
    }

    private static JsonObject Describe(Entry entry) => new()
    {
        ["index"] = entry.Index.Value,
        ["term"] = entry.Term.Value,
        ["type"] = entry.Kind == EntryKind.Configuration ? "conf2" : "normal",
        ["data"] = entry.Kind == EntryKind.Configuration
            ? ConfigurationCodec.Decode(entry.Body).ToString()
            : Encoding.UTF8.GetString(entry.Body.Span),
    };

    private static JsonArray Ids(IEnumerable<ReplicaId> ids) => [.. ids.Select(id => JsonValue.Create(id.Value))];
}
