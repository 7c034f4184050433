using System.Text.Json.Nodes;

namespace OrleansRaft.Integration.Tests.Server;

/// <summary>The lab over HTTP, and faults where they are off.</summary>
public sealed class LabApiTests(CounterServer server) : IClassFixture<CounterServer>
{
    private HttpClient Client => server.Client;

    [Fact]
    public async Task Every_listed_scenario_can_be_read_and_played_and_ends_as_expected()
    {
        var scenarios = (await Client.AskAsync("/api/v1/lab")).ShouldBeJson()
            .GetProperty("scenarios")
            .EnumerateArray()
            .Select(scenario => scenario.GetProperty("name").GetString()!)
            .ToList();

        scenarios.Count.ShouldBeGreaterThanOrEqualTo(10);
        foreach (var name in scenarios)
        {
            (await Client.AskAsync($"/api/v1/lab/{name}")).ShouldBeJson().GetProperty("steps").GetArrayLength().ShouldBePositive();
            (await Client.AskAsync($"/api/v1/lab/{name}/recording")).ShouldBeJson().GetProperty("asExpected").GetBoolean().ShouldBeTrue(name);
        }
    }

    [Fact]
    public async Task A_visitor_who_intervenes_gets_another_end_and_disturbs_nobody()
    {
        var untouched = (await Client.AskAsync("/api/v1/lab/replication/recording")).Text;
        var scenario = JsonNode.Parse((await Client.AskAsync("/api/v1/lab/replication")).Text)!.AsObject();
        scenario["interventions"] = JsonNode.Parse("""[{"at":200,"stop":["B","C"]}]""");

        var altered = (await Client.SendAsync(HttpMethod.Post, "/api/v1/lab/recordings", scenario.ToJsonString())).ShouldBeJson();

        altered.GetProperty("asExpected").GetBoolean().ShouldBeFalse("nobody is elected without a majority");
        altered.GetProperty("actions").EnumerateArray().ShouldContain(action => action.GetProperty("kind").GetString() == "stop");
        (await Client.AskAsync("/api/v1/lab/replication/recording")).Text.ShouldBe(untouched);
    }

    [Fact]
    public async Task A_mistake_in_a_scenario_is_named_by_its_step()
    {
        var scenario = JsonNode.Parse((await Client.AskAsync("/api/v1/lab/replication")).Text)!.AsObject();
        scenario["steps"]!.AsArray().Insert(1, JsonNode.Parse("""{"cut":["A","Z"]}"""));

        var answer = await Client.SendAsync(HttpMethod.Post, "/api/v1/lab/recordings", scenario.ToJsonString());

        answer.ShouldBeProblem(400, "invalid-request", "steps[1].cut[1]").Text.ShouldContain("A, B, C");
    }

    [Fact]
    public async Task The_page_of_the_lab_is_served()
    {
        var page = await Client.AskAsync("/lab");

        page.Status.ShouldBe(System.Net.HttpStatusCode.OK);
        page.MediaType.ShouldBe("text/html");
        page.Text.ShouldNotContain("data-lab");
    }

    /// <summary>Small questions with large answers: nine nodes that do as much as they can, by many visitors at once.</summary>
    [Fact]
    public async Task A_scenario_that_wants_too_much_ends_early_and_its_recording_is_small()
    {
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => Client.SendAsync(HttpMethod.Post, "/api/v1/lab/recordings", Greedy(steps: 5))));

        var played = answers.Where(answer => answer.Status == System.Net.HttpStatusCode.OK).ToList();
        played.ShouldNotBeEmpty();
        played.ShouldAllBe(answer => answer.Text.Length < 16 * 1024 * 1024);
        played.ShouldAllBe(answer => !answer.Json.GetProperty("asExpected").GetBoolean());
        foreach (var refused in answers.Where(answer => answer.Status != System.Net.HttpStatusCode.OK))
        {
            refused.ShouldBeProblem(429, "overloaded").RetryAfter.ShouldNotBeNull();
        }

        (await Client.SendAsync(HttpMethod.Post, "/api/v1/lab/recordings", Greedy(steps: 6))).ShouldBeProblem(400, "invalid-request", "steps")
            .Text.ShouldContain("1200 requests");
    }

    private static string Greedy(int steps) => $$$"""
        {"name":"greedy","title":{"en":"","zh":""},"about":{"en":"","zh":""},"nodes":["A","B","C","D","E","F","G","H","I"],
        "settings":{"tickMilliseconds":5,"heartbeatTicks":1,"electionTicksMin":20,"electionTicksMax":40,"linkMilliseconds":1,"diskMilliseconds":0,
        "snapshotBytes":64},"steps":[{"until":{"leader":"any"}},
        {{{string.Join(',', Enumerable.Repeat("""{"client":"1","add":1,"via":"leader","times":200,"every":1}""", steps))}}},
        {"wait":20000},{"wait":20000}]}
        """;

    [Fact]
    public async Task A_scenario_that_does_not_exist_is_a_problem_of_its_own()
    {
        (await Client.AskAsync("/api/v1/lab/nothing")).ShouldBeProblem(404, "unknown-scenario");
        (await Client.AskAsync("/api/v1/lab/nothing/recording")).ShouldBeProblem(404, "unknown-scenario");
    }

    [Fact]
    public async Task Where_faults_are_off_they_are_refused_and_the_list_says_so()
    {
        (await Client.AskAsync("/api/v1/faults")).ShouldBeJson().GetProperty("enabled").GetBoolean().ShouldBeFalse();
        (await Client.SendAsync(HttpMethod.Post, "/api/v1/faults", """{"kind":"isolate","silo":"silo-1"}""")).ShouldBeProblem(403, "faults-disabled");
        (await Client.SendAsync(HttpMethod.Delete, "/api/v1/faults")).ShouldBeProblem(403, "faults-disabled");
        (await Client.SendAsync(HttpMethod.Delete, "/api/v1/faults/f-000000")).ShouldBeProblem(403, "faults-disabled");
    }
}
