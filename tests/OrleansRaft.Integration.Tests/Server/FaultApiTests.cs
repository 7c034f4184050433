using System.Net;
using System.Text.Json;

namespace OrleansRaft.Integration.Tests.Server;

/// <summary>Faults put into a real silo over HTTP.</summary>
public sealed class FaultApiTests(FaultServer server) : IClassFixture<FaultServer>
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private HttpClient Client => server.Client;

    [Fact]
    public async Task A_fault_is_listed_until_it_is_healed()
    {
        var begun = (await BeginAsync("""{"kind":"slow","group":"counters-0","replica":2,"milliseconds":5,"seconds":600}""")).ShouldBeJson(201);
        var id = begun.GetProperty("fault").GetString()!;

        begun.GetProperty("command").GetString().ShouldBe("oraft fault slow counters-0/2 5 --for 600");
        (await NamesAsync()).ShouldContain(id);
        (await Client.SendAsync(HttpMethod.Delete, $"/api/v1/faults/{id}")).Status.ShouldBe(HttpStatusCode.NoContent);
        (await NamesAsync()).ShouldNotContain(id);
        (await Client.SendAsync(HttpMethod.Delete, $"/api/v1/faults/{id}")).ShouldBeProblem(404, "unknown-fault");
    }

    [Fact]
    public async Task A_fault_heals_by_itself()
    {
        var id = (await BeginAsync("""{"kind":"pause","group":"counters-3","replica":1,"seconds":1}""")).ShouldBeJson(201)
            .GetProperty("fault")
            .GetString()!;

        await Eventually.HoldsAsync(async () => !(await NamesAsync()).Contains(id), "the fault heals", Patience);
    }

    [Fact]
    public async Task A_paused_leader_is_replaced_and_catches_up_when_it_goes_on()
    {
        var fault = (await server.BeginAtLeaderAsync("pause", "counters-1")).ShouldBeJson(201);
        var paused = fault.GetProperty("replica").GetInt64();

        await Eventually.HoldsAsync(async () => await LeaderAsync("counters-1") is { } leader && leader != paused, "another leads", Patience);
        var view = (await Client.AskAsync("/api/v1/groups/counters-1")).ShouldBeJson()
            .GetProperty("replicas")
            .EnumerateArray()
            .Single(replica => replica.GetProperty("replica").GetInt64() == paused);
        view.GetProperty("role").GetString().ShouldBe("unreachable");
        view.GetProperty("problem").GetString().ShouldBe("A fault pauses this replica.");
        await Client.SendAsync(HttpMethod.Delete, $"/api/v1/faults/{fault.GetProperty("fault").GetString()}");
        await Eventually.HoldsAsync(
            async () => await RoleAsync("counters-1", paused) is "leader" or "follower", "the paused replica follows", Patience);
    }

    [Fact]
    public async Task A_replica_whose_store_fails_stops_and_comes_back_when_it_works_again()
    {
        var fault = (await BeginAsync("""{"kind":"fail","group":"counters-2","replica":3,"seconds":600}""")).ShouldBeJson(201);

        await Eventually.HoldsAsync(async () => await RoleAsync("counters-2", 3) == "unreachable", "the replica stops", Patience);
        await Client.SendAsync(HttpMethod.Delete, $"/api/v1/faults/{fault.GetProperty("fault").GetString()}");
        await Eventually.HoldsAsync(async () => await RoleAsync("counters-2", 3) is "follower" or "leader", "the replica is back", Patience);
    }

    [Theory]
    [InlineData("""{}""", "kind")]
    [InlineData("""{"kind":"explode"}""", "kind")]
    [InlineData("""{"kind":"pause","group":"counters-0"}""", "replica")]
    [InlineData("""{"kind":"pause","group":"counters-0","replica":9}""", "replica")]
    [InlineData("""{"kind":"pause","group":"counters-0","replica":"follower"}""", "replica")]
    [InlineData("""{"kind":"pause","replica":1}""", "group")]
    [InlineData("""{"kind":"pause","silo":"silo-1"}""", "silo")]
    [InlineData("""{"kind":"pause","group":"counters-0","replica":1,"seconds":0}""", "seconds")]
    [InlineData("""{"kind":"pause","group":"counters-0","replica":1,"seconds":601}""", "seconds")]
    [InlineData("""{"kind":"pause","group":"counters-0","replica":1,"milliseconds":5}""", "milliseconds")]
    [InlineData("""{"kind":"slow","group":"counters-0","replica":1}""", "milliseconds")]
    [InlineData("""{"kind":"slow","silo":"silo-1","milliseconds":10001}""", "milliseconds")]
    [InlineData("""{"kind":"cut","from":"silo-1"}""", "to")]
    [InlineData("""{"kind":"cut","from":"silo-1","to":"silo-9"}""", "to")]
    [InlineData("""{"kind":"cut","from":"silo-1","to":"silo-1"}""", "to")]
    [InlineData("""{"kind":"cut","group":"counters-0","from":1,"to":7}""", "to")]
    [InlineData("""{"kind":"cut","group":"counters-0","from":1,"to":2,"sillo":"x"}""", "sillo")]
    [InlineData("""{"kind":"split","silos":["silo-1"]}""", "silos")]
    [InlineData("""{"kind":"split","group":"counters-0","replicas":[1,2,3]}""", "replicas")]
    [InlineData("""{"kind":"split","group":"counters-0","replicas":"1"}""", "replicas")]
    [InlineData("""{"kind":"isolate","silo":7}""", "silo")]
    [InlineData("""{"kind":"isolate","silo":"\ud800"}""", "body")]
    [InlineData("""{"kind":"split","silos":["\ud800"]}""", "body")]
    public async Task A_fault_that_makes_no_sense_is_refused_by_its_field(string body, string field) =>
        (await BeginAsync(body)).ShouldBeProblem(400, "invalid-request", field);

    [Fact]
    public async Task A_fault_of_a_group_that_does_not_exist_is_refused() =>
        (await BeginAsync("""{"kind":"pause","group":"nothing","replica":1}""")).ShouldBeProblem(404, "unknown-group", "group");

    [Fact]
    public async Task Silos_of_their_own_process_are_not_killed() =>
        (await BeginAsync("""{"kind":"kill","silo":"silo-1"}""")).ShouldBeProblem(403, "faults-disabled", "kind");

    private Task<Answer> BeginAsync(string body) => Client.SendAsync(HttpMethod.Post, "/api/v1/faults", body);

    private async Task<IReadOnlyList<string>> NamesAsync() =>
        [
            .. (await Client.AskAsync("/api/v1/faults")).ShouldBeJson()
                .GetProperty("faults")
                .EnumerateArray()
                .Select(fault => fault.GetProperty("fault").GetString()!),
        ];

    private async Task<long?> LeaderAsync(string group) =>
        await Client.AskAsync($"/api/v1/groups/{group}") is { Status: HttpStatusCode.OK } answer
            && answer.Json.GetProperty("leader") is { ValueKind: JsonValueKind.Number } leader
            ? leader.GetInt64()
            : null;

    private async Task<string?> RoleAsync(string group, long replica) =>
        await Client.AskAsync($"/api/v1/groups/{group}") is { Status: HttpStatusCode.OK } answer
            ? answer.Json.GetProperty("replicas")
                .EnumerateArray()
                .Single(one => one.GetProperty("replica").GetInt64() == replica)
                .GetProperty("role")
                .GetString()
            : null;
}
