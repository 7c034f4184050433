using System.Text.Json.Nodes;

namespace OrleansRaft.Integration.Tests.Maelstrom;

/// <summary>The protocol of Jepsen's Maelstrom, with real processes.</summary>
public sealed class MaelstromTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Any_node_serves_any_request_and_keys_and_values_are_any_json()
    {
        await using var network = await StartAsync(3);

        (await network.AskAsync("n1", Write("1", "5")))["type"]!.ToString().ShouldBe("write_ok");
        (await network.AskAsync("n2", Write("\"1\"", """{"b":[1,null],"a":"é"}""")))["type"]!.ToString().ShouldBe("write_ok");

        (await network.AskAsync("n3", Read("1")))["value"]!.ToJsonString().ShouldBe("5");
        JsonNode.DeepEquals((await network.AskAsync("n1", Read("\"1\"")))["value"], JsonNode.Parse("""{"b":[1,null],"a":"é"}""")).ShouldBeTrue();
        (await network.AskAsync("n2", Read("[1]")))["code"]!.GetValue<int>().ShouldBe(20);
    }

    [Fact]
    public async Task A_comparison_is_by_value_and_creates_only_when_told_to()
    {
        await using var network = await StartAsync(3);
        await network.AskAsync("n1", Write("1", """{"a":1,"b":2}"""));

        (await network.AskAsync("n2", Cas("2", "0", "1")))["code"]!.GetValue<int>().ShouldBe(20);
        (await network.AskAsync("n3", Cas("1", "0", "1")))["code"]!.GetValue<int>().ShouldBe(22);
        (await network.AskAsync("n2", Cas("1", """{ "b": 2.0, "a": 1 }""", "3")))["type"]!.ToString().ShouldBe("cas_ok");
        var creating = Cas("2", "0", "1");
        creating["create_if_not_exists"] = true;
        (await network.AskAsync("n3", creating))["type"]!.ToString().ShouldBe("cas_ok");

        (await network.AskAsync("n1", Read("1")))["value"]!.ToJsonString().ShouldBe("3");
        (await network.AskAsync("n1", Read("2")))["value"]!.ToJsonString().ShouldBe("1");
    }

    [Fact]
    public async Task What_was_acknowledged_survives_the_killing_of_all_nodes()
    {
        await using var network = await StartAsync(3);
        await network.AskAsync("n2", Write("1", "\"kept\""));

        foreach (var name in network.Names)
        {
            await network.KillAsync(name);
        }

        await network.StartAllAsync();

        foreach (var name in network.Names)
        {
            (await network.AskAsync(name, Read("1")))["value"]!.ToJsonString().ShouldBe("\"kept\"");
        }
    }

    [Fact]
    public async Task A_node_that_is_started_again_knows_who_it_is()
    {
        await using var network = await StartAsync(3);
        await network.AskAsync("n2", Write("1", "\"kept\""));

        foreach (var name in network.Names)
        {
            await network.KillAsync(name);
        }

        foreach (var name in network.Names)
        {
            network.StartProcess(name);
        }

        (await network.AskAsync("n3", Read("1")))["value"]!.ToJsonString().ShouldBe("\"kept\"");
        await network.KillAsync("n1");
        await network.StartAsync("n1");
        (await network.AskAsync("n1", Read("1")))["value"]!.ToJsonString().ShouldBe("\"kept\"");
    }

    [Fact]
    public async Task A_message_that_the_network_repeats_is_applied_once()
    {
        await using var network = await StartAsync(3);
        await network.AskAsync("n1", Write("1", "1"));

        // The first copy succeeds; a second application would find 2 and fail, or after the write below succeed again.
        (await network.CallAsync("c1", "n2", Cas("1", "1", "2"), Patience, copies: 5))!["type"]!.ToString().ShouldBe("cas_ok");
        var late = (JsonObject)JsonNode.Parse("""{"type":"cas","key":1,"from":2,"to":3,"msg_id":1000000}""")!;
        var line = new JsonObject { ["src"] = "c1", ["dest"] = "n3", ["body"] = late }.ToJsonString();
        network.Deliver("n3", line);
        while ((await network.AskAsync("n1", Read("1")))["value"]!.GetValue<int>() != 3)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        await network.AskAsync("n1", Write("1", "2"));
        network.Deliver("n3", line);
        await network.AskAsync("n3", Write("2", "0"));

        (await network.AskAsync("n1", Read("1")))["value"]!.GetValue<int>().ShouldBe(2);
    }

    [Fact]
    public async Task A_node_without_a_majority_says_that_a_write_may_have_happened_and_that_a_read_did_not()
    {
        await using var network = await StartAsync(3);
        await network.AskAsync("n1", Write("1", "1"));
        network.Passes = (from, to) => (from == "n1") == (to == "n1") || from[0] == 'c';

        (await network.CallAsync("c1", "n1", Write("1", "2"), Patience))!["code"]!.GetValue<int>().ShouldBe(0);
        var read = network.CallAsync("c1", "n1", Read("1"), Patience);
        for (var number = 1; number <= 50; number++)
        {
            // An answer to what an earlier life of the node handed on, under a number that is in use again.
            network.Deliver("n1", $$$"""{"src":"n2","dest":"n1","body":{"type":"forwarded","number":{{{number}}},"request":"c1 1 0","result":"AAA="}}""");
        }

        (await read)!["code"]!.GetValue<int>().ShouldBe(11);
        (await network.AskAsync("n2", Write("1", "3")))["type"]!.ToString().ShouldBe("write_ok");
    }

    [Fact]
    public async Task Lines_that_make_no_sense_end_nothing_and_a_single_node_serves_alone()
    {
        await using var network = await StartAsync(1);
        string[] lines =
        [
            "",
            "nonsense",
            "[]",
            "{}",
            """{"src":"c1","dest":"n1","body":{}}""",
            """{"src":"x","dest":"n1","body":{"type":"raft","data":"AAAA"}}""",
            """{"src":"c1","dest":"n1","body":{"type":"raft","data":"%%"}}""",
            """{"src":"c1","dest":"n1","body":{"type":"\ud800"}}""",
            """{"src":"n1","dest":"n1","body":{"type":"forward","number":1,"request":"x","command":"AA=="}}""",
            """{"src":"c1","dest":"n1","body":{"type":"forwarded","number":1}}""",
        ];
        foreach (var line in lines)
        {
            network.Deliver("n1", line);
        }

        (await network.CallAsync("c1", "n1", new JsonObject { ["type"] = "dance" }, Patience))!["code"]!.GetValue<int>().ShouldBe(10);
        (await network.CallAsync("c1", "n1", new JsonObject { ["type"] = "write", ["key"] = 1 }, Patience))!["code"]!.GetValue<int>().ShouldBe(12);
        (
            await network.CallAsync(
                "c1", "n1", new JsonObject { ["type"] = "echo", ["echo"] = "hello" }, Patience))!["echo"]!.ToString().ShouldBe("hello");
        (await network.AskAsync("n1", Write("1", "1")))["type"]!.ToString().ShouldBe("write_ok");
    }

    internal static JsonObject Read(string key) => new() { ["type"] = "read", ["key"] = JsonNode.Parse(key) };

    internal static JsonObject Write(string key, string value) =>
        new() { ["type"] = "write", ["key"] = JsonNode.Parse(key), ["value"] = JsonNode.Parse(value) };

    internal static JsonObject Cas(string key, string from, string to) =>
        new() { ["type"] = "cas", ["key"] = JsonNode.Parse(key), ["from"] = JsonNode.Parse(from), ["to"] = JsonNode.Parse(to) };

    private static async Task<MaelstromNetwork> StartAsync(int nodes)
    {
        var network = new MaelstromNetwork(nodes);
        await network.StartAllAsync();
        return network;
    }
}
