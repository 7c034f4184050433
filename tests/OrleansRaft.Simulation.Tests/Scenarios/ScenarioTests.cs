using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansRaft.Lab.Scenarios;

namespace OrleansRaft.Simulation.Tests.Scenarios;

/// <summary>The scenarios of the lab, from the files that the page and the command line play.</summary>
public sealed partial class ScenarioTests
{
    public static TheoryData<string> Names => [.. ScenarioLibrary.All.Select(scenario => scenario.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_scenario_ends_as_it_expects(string name)
    {
        var recording = ScenarioLibrary.Find(name)!.Play();

        recording.Checks.Where(check => !check.Holds).Select(check => $"step {check.Step} at {check.At} ms: {check.Text.En}").ShouldBeEmpty();
        recording.Checks.Count.ShouldBePositive();
        recording.Captions.ShouldNotBeEmpty();
        recording.Captions.ShouldAllBe(caption => caption.Text.En.Length > 0 && caption.Text.Zh.Length > 0);
        recording.MessagesLeftOut.ShouldBe(0);
    }

    /// <summary>A caption stands there while its step is still to come, so it must not tell what only the step brings about.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_caption_that_says_who_leads_is_shown_when_it_does(string name)
    {
        var recording = ScenarioLibrary.Find(name)!.Play();

        foreach (var caption in recording.Captions)
        {
            foreach (var leader in LeaderTold().Matches(caption.Text.En).Select(match => match.Groups[1].Value))
            {
                recording.States.Last(
                    state => state.Node == leader && state.At <= caption.At).Role.ShouldBe("leader", $"at {caption.At} ms: {caption.Text.En}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_scenario_is_played_the_same_way_every_time(string name) =>
        Write(ScenarioLibrary.Find(name)!.Play()).ShouldBe(Write(ScenarioLibrary.Find(name)!.Play()));

    [Fact]
    public void The_lab_shows_what_it_promises() => ScenarioLibrary.All.Select(scenario => scenario.Name).ShouldBe(
    [
        "first-election",
        "split-vote",
        "re-election",
        "replication",
        "partition",
        "healing",
        "snapshot",
        "snapshot-chunks",
        "lost-answers",
        "read-in-election",
        "old-leader-read",
    ]);

    [Fact]
    public void A_follower_that_is_too_far_behind_is_sent_a_snapshot() =>
        ScenarioLibrary.Find("snapshot")!
            .Play().Messages
            .ShouldContain(message => message.Kind == "install-snapshot" && message.To == "C" && message.Arrives != null);

    [Fact]
    public void A_snapshot_of_many_chunks_goes_on_under_another_leader_where_it_stopped()
    {
        var recording = ScenarioLibrary.Find("snapshot-chunks")!.Play();

        var sent = recording.States.SelectMany(
            state => state.Progress.Where(peer => peer is { Node: "C", Size: > 0 }).Select(peer => (state.Node, peer.Sent, peer.Size)))
            .ToList();
        sent.ShouldContain(part => part.Node == "A" && part.Sent > 0 && part.Sent < part.Size);
        var half = sent.Where(part => part.Node == "A").Max(part => part.Sent);
        sent.Where(part => part.Node == "B" && part.Sent > 0).ShouldAllBe(part => part.Sent >= half);
        var chunks = recording.Messages.Where(message => message.Kind == "install-snapshot" && message is { To: "C", Arrives: not null }).ToList();
        chunks.Count.ShouldBeGreaterThan(15);
        chunks.Count(message => message.From == "B").ShouldBeGreaterThan(5, "the other half");
        chunks.Count(message => message.From == "B").ShouldBeLessThan(chunks.Count(message => message.From == "A") + 3, "nothing passes twice");
    }

    [Fact]
    public void In_a_partition_the_minoritys_value_is_never_committed()
    {
        var recording = ScenarioLibrary.Find("partition")!.Play();

        recording.Clients.Single(request => request.Command == "SET 3").Outcome.ShouldBe("unknown");
        recording.Clients.Single(request => request.Command == "SET 8").Outcome.ShouldBe("committed");
        recording.States.ShouldAllBe(state => state.Value != 3);
        recording.Links.Last().Cut.Count.ShouldBe(12, "two nodes and three, in both directions");
    }

    [Fact]
    public void Up_to_an_intervention_everything_goes_as_before()
    {
        const double at = 600;
        var before = ScenarioLibrary.Find("replication")!.Play();

        var after = Altered("replication", scenario => scenario["interventions"] = JsonNode.Parse($$"""[{"at":{{at}},"stop":["A"]}]""")).Play();

        after.Messages.Where(message => message.Sent < at).Select(Sent).ShouldBe(before.Messages.Where(message => message.Sent < at).Select(Sent));
        after.States.Where(state => state.At < at).Select(state => (state.At, state.Node, state.Role, state.Term)).ShouldBe(
            before.States.Where(state => state.At < at).Select(state => (state.At, state.Node, state.Role, state.Term)));
        after.Actions.ShouldContain(action => action.Step == null && action.Kind == "stop");
        after.Duration.ShouldBeGreaterThanOrEqualTo(at + 3_000, "a visitor sees what becomes of it");
    }

    [Fact]
    public void A_message_whose_link_is_cut_on_its_way_does_not_arrive()
    {
        var recording = Altered("replication", scenario => scenario["interventions"] = JsonNode.Parse("""[{"at":700,"isolate":["A"]}]""")).Play();

        var onTheWay = recording.Messages.Where(message => message.Sent is > 670 and < 700 && (message.From == "A" || message.To == "A")).ToList();

        onTheWay.ShouldNotBeEmpty();
        onTheWay.ShouldAllBe(message => message.Arrives == null || message.Arrives < 700);
    }

    [Fact]
    public void An_expectation_that_does_not_hold_is_told_and_the_play_goes_on()
    {
        var recording = Altered(
            "first-election", scenario => scenario["steps"]!.AsArray().Insert(0, JsonNode.Parse("""{"expect":{"leader":"C"}}"""))).Play();

        recording.IsAsExpected.ShouldBeFalse();
        recording.Checks.Single(check => !check.Holds).Text.En.ShouldBe("C leads");
        recording.Captions.Count.ShouldBe(ScenarioLibrary.Find("first-election")!.Play().Captions.Count);
    }

    [Fact]
    public void A_play_has_an_end_whatever_it_waits_for()
    {
        var recording = Altered("first-election", scenario => scenario["steps"] = JsonNode.Parse(
            $"[{string.Join(',', Enumerable.Repeat("""{"until":{"leaders":3},"limit":20000}""", 100))}]")).Play();

        recording.IsAsExpected.ShouldBeFalse();
        recording.Duration.ShouldBeLessThanOrEqualTo(60_000);
    }

    [Fact]
    public void A_play_in_which_too_much_happens_ends_early_and_says_so()
    {
        var recording = Altered("first-election", scenario =>
        {
            scenario["nodes"] = JsonNode.Parse("""["A","B","C","D","E","F","G","H","I"]""");
            scenario["settings"] = JsonNode.Parse(
                """{"tickMilliseconds":5,"heartbeatTicks":1,"electionTicksMin":20,"electionTicksMax":40,"linkMilliseconds":1}""");
            scenario["steps"] = JsonNode.Parse("""[{"wait":20000},{"wait":20000},{"wait":19000}]""");
        }).Play();

        recording.IsAsExpected.ShouldBeFalse();
        recording.Checks.Single(check => !check.Holds).Text.En.ShouldContain("short enough");
        recording.States.Count.ShouldBeLessThanOrEqualTo(Recording.StatesMax + 9);
    }

    /// <summary>What a play costs is counted, so it ends in the same place on every machine.</summary>
    [Theory]
    [InlineData(64, 1)]
    [InlineData(1_000_000, 1)]
    [InlineData(1_000_000, 20)]
    public void A_play_that_would_record_too_much_ends_early_always_in_the_same_place(int snapshotBytes, int every)
    {
        Recording Greedy() => Altered("first-election", scenario =>
        {
            scenario["nodes"] = JsonNode.Parse("""["A","B","C","D","E","F","G","H","I"]""");
            scenario["settings"] = JsonNode.Parse(
                $$$"""{"tickMilliseconds":5,"heartbeatTicks":1,"electionTicksMin":20,"electionTicksMax":40,"linkMilliseconds":"""
                    + $$$"""1,"diskMilliseconds":0,"snapshotBytes":{{{snapshotBytes}}}}""");
            var client = $$$"""{"client":"1","add":1,"via":"leader","times":200,"every":{{{every}}}}""";
            scenario["steps"] = JsonNode.Parse(
                $$$"""[{"until":{"leader":"any"}},{{{string.Join(',', Enumerable.Repeat(client, 5))}}},{"wait":20000},{"wait":20000}]""");
        }).Play();

        var recording = Greedy();

        recording.Checks.Single(check => !check.Holds).Text.En.ShouldContain("it was ended at");
        Write(recording).Length.ShouldBeLessThan(16 * 1024 * 1024);
        recording.States.Sum(state => (long)state.Log.Count).ShouldBeLessThan(3_000_000);
        Greedy().Duration.ShouldBe(recording.Duration);
    }

    [Theory]
    [InlineData("""[{"cut":["A","Z"]}]""", "steps[0].cut[1]")]
    [InlineData("""[{"cut":["A"]}]""", "steps[0].cut")]
    [InlineData("""[{"wait":10},{"stop":["A"],"start":["B"]}]""", "steps[1]")]
    [InlineData("""[{}]""", "steps[0]")]
    [InlineData("""[{"jump":true}]""", "steps[0].jump")]
    [InlineData("""[{"wait":-1}]""", "steps[0].wait")]
    [InlineData("""[{"until":{}}]""", "steps[0].until")]
    [InlineData("""[{"until":{"leader":"Z"}}]""", "steps[0].until.leader")]
    [InlineData("""[{"expect":{"value":{"A":"seven"}}}]""", "steps[0].expect.value.A")]
    [InlineData("""[{"expect":{"answer":{"1":{"outcome":"perhaps"}}}}]""", "steps[0].expect.answer.1.outcome")]
    [InlineData("""[{"client":"1"}]""", "steps[0].client")]
    [InlineData("""[{"client":"1","get":"sometimes"}]""", "steps[0].get")]
    [InlineData("""[{"say":{"en":"only"},"wait":1}]""", "steps[0].say.zh")]
    [InlineData("""[{"until":{"sameLogs":["A","A","A","A"]}}]""", "steps[0].until.sameLogs")]
    [InlineData("""[{"client":"123456789012345678901234567890123","add":1}]""", "steps[0].client")]
    [InlineData("""{}""", "steps")]
    public void A_mistake_is_named_by_its_place(string steps, string place) =>
        Should.Throw<ScenarioException>(() => Altered("replication", scenario => scenario["steps"] = JsonNode.Parse(steps))).Place.ShouldBe(place);

    [Fact]
    public void Settings_that_would_depose_every_leader_are_refused() =>
        Should.Throw<ScenarioException>(
            () =>
                Altered(
                    "replication",
                    scenario => scenario["settings"] = JsonNode.Parse("""{"heartbeatTicks":9,"electionTicksMin":9,"electionTicksMax":18}""")))
            .Place.ShouldBe("settings");

    private static (double, string, string, string) Sent(RecordedMessage message) => (message.Sent, message.From, message.To, message.Kind);

    private static Scenario Altered(string name, Action<JsonObject> alter)
    {
        var json = JsonNode.Parse(ScenarioLibrary.Find(name)!.Source.GetRawText())!.AsObject();
        alter(json);
        return ScenarioParser.Parse(JsonSerializer.Deserialize<JsonElement>(json.ToJsonString()));
    }

    private static string Write(Recording recording)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            RecordingJson.Write(json, recording);
        }

        return System.Text.Encoding.UTF8.GetString(bytes.ToArray());
    }

    [GeneratedRegex(@"\b([A-E]) (?:leads|is elected|is the leader)\b")]
    private static partial Regex LeaderTold();
}
