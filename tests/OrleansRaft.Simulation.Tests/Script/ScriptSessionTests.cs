using System.Text.Json.Nodes;
using OrleansRaft.Simulation.Script;

namespace OrleansRaft.Simulation.Tests.Script;

/// <summary>The lines of the scripted cluster.</summary>
public sealed class ScriptSessionTests
{
    private readonly ScriptSession session = new();

    [Theory]
    [InlineData("")]
    [InlineData("not JSON")]
    [InlineData("[1,2]")]
    [InlineData("""{"op":"state"}""")]
    [InlineData("""{"id":"1","op":"state"}""")]
    [InlineData("""{"id":1}""")]
    [InlineData("""{"id":1,"op":7}""")]
    [InlineData("""{"id":1,"op":"campaign"}""")]
    [InlineData("""{"id":1,"op":"campaign","node":9}""")]
    [InlineData("""{"id":1,"op":"campaign","node":"1"}""")]
    [InlineData("""{"id":1,"op":"add-nodes","count":100000}""")]
    [InlineData("""{"id":1,"op":"add-nodes","count":1,"voters":[1]}""")]
    [InlineData("""{"id":1,"op":"stabilize","nodes":[1,"2"]}""")]
    [InlineData("""{"id":1,"op":"deliver-msgs","to":[1],"drop":[1]}""")]
    [InlineData("""{"id":1,"op":"propose","node":1,"data":"\ud800"}""")]
    [InlineData("""{"id":1,"op":"propose-conf-change","node":1,"changes":[{"type":"king","node":1}]}""")]
    [InlineData("""{"id":1,"op":"compact","node":1,"index":99}""")]
    [InlineData("""{"id":1,"op":"tick","node":1,"count":-1}""")]
    public void A_bad_line_is_answered_with_an_error_and_changes_nothing(string line)
    {
        Ask("""{"id":0,"op":"add-nodes","count":3,"voters":[1,2,3],"index":10}""");
        var before = Ask("""{"id":0,"op":"state"}""").ToJsonString();

        var answer = Ask(line);

        ((bool)answer["ok"]!).ShouldBeFalse();
        ((string?)answer["error"]).ShouldNotBeNullOrWhiteSpace();
        Ask("""{"id":0,"op":"state"}""").ToJsonString().ShouldBe(before);
    }

    [Fact]
    public void An_unknown_operation_is_not_supported()
    {
        session.Answer("""{"id":7,"op":"dance","extra":[1]}""").ShouldBe("""{"id":7,"ok":false,"error":"not supported"}""");
    }

    [Fact]
    public void Nodes_with_an_index_start_from_a_snapshot_and_without_one_know_nobody()
    {
        Ask("""{"id":1,"op":"add-nodes","count":1,"voters":[1],"learners":[2],"index":10}""");
        Ask("""{"id":2,"op":"add-nodes","count":1}""");

        var nodes = Ask("""{"id":3,"op":"state"}""")["nodes"]!.AsArray();

        nodes[0]!.ToJsonString().ShouldBe(
            """{"id":1,"role":"follower","term":0,"vote":0,"lead":0,"commit":10,"applied":10,"config":{"voters":[1],"outgoing":[],"learners":["""
                + """2],"learners_next":[]},"log":[]}""");
        nodes[1]!.ToJsonString().ShouldBe(
            """{"id":2,"role":"follower","term":0,"vote":0,"lead":0,"commit":0,"applied":0,"config":{"voters":[],"outgoing":[],"learners":["""
                + """],"learners_next":[]},"log":[]}""");
    }

    [Fact]
    public void A_restart_loses_what_was_not_processed()
    {
        Ask("""{"id":1,"op":"add-nodes","count":1,"voters":[1],"index":10}""");
        Ask("""{"id":2,"op":"campaign","node":1}""");
        Ask("""{"id":3,"op":"stabilize"}""");
        Ask("""{"id":4,"op":"propose","node":1,"data":"lost"}""");
        Ask("""{"id":5,"op":"restart","node":1}""");
        Ask("""{"id":6,"op":"stabilize"}""");

        var node = Ask("""{"id":7,"op":"state"}""")["nodes"]![0]!;

        node["role"]!.ToJsonString().ShouldBe("\"follower\"");
        (node["term"]!.ToJsonString(), node["vote"]!.ToJsonString(), node["applied"]!.ToJsonString()).ShouldBe(("1", "1", "11"));
        node["log"]!.ToJsonString().ShouldBe("""[{"index":11,"term":1,"type":"normal","data":""}]""");
    }

    private JsonObject Ask(string line) => JsonNode.Parse(session.Answer(line))!.AsObject();
}
