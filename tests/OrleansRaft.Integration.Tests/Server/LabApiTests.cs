using System.Text.Json.Nodes;

namespace OrleansRaft.Integration.Tests.Server;

/// <summary>The lab over HTTP, and faults where they are off.</summary>
public sealed class LabApiTests(CounterServer server) : IClassFixture<CounterServer>
{
    private HttpClient Client => server.Client;

    [Fact]
    public async Task Every_listed_scenario_can_be_read_and_played_and_ends_as_expected()
    {
        var scenarios = (await Client.AskAsync("/api/v1/lab")).ShouldBeJson().GetProperty("scenarios").EnumerateArray().Select(scenario => scenario.GetProperty("name").GetString()!).ToList();

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
