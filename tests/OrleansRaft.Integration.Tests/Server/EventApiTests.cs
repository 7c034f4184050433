using System.Text.Json;

namespace OrleansRaft.Integration.Tests.Server;

/// <summary>The stream of events of a real silo.</summary>
public sealed class EventApiTests(FaultServer server) : IClassFixture<FaultServer>
{
    private HttpClient Client => server.Client;

    [Fact]
    public async Task A_stream_begins_with_the_whole_cluster()
    {
        await using var stream = await EventStream.OpenAsync(Client, "/api/v1/events");

        var snapshot = await stream.NextAsync();

        snapshot.GetProperty("type").GetString().ShouldBe("snapshot");
        snapshot.GetProperty("silos").EnumerateArray().Select(silo => silo.GetString()).ShouldBe(["silo-1"]);
        snapshot.GetProperty("faultsEnabled").GetBoolean().ShouldBeTrue();
        snapshot.GetProperty("focus").ValueKind.ShouldBe(JsonValueKind.Null);
        snapshot.GetProperty("more").GetBoolean().ShouldBeFalse();
        var groups = snapshot.GetProperty("groups").EnumerateArray().ToList();
        groups.Select(group => group.GetProperty("group").GetString()).ShouldBe(["counters-0", "counters-1", "counters-2", "counters-3"]);
        groups.ShouldAllBe(group => group.GetProperty("replicas").GetArrayLength() == 3);
    }

    [Fact]
    public async Task Statistics_come_without_being_asked_for_and_count_commits_and_latencies()
    {
        await using var stream = await EventStream.OpenAsync(Client, "/api/v1/events");
        await stream.UntilAsync("stats");

        (await Client.SendAsync(HttpMethod.Post, "/api/v1/tenants/events/counters/stats/increment", """{"by":1}""")).ShouldBeJson();

        var stats = await stream.UntilAsync(
            "stats", stats => stats.GetProperty("proposals").GetProperty("p99Milliseconds").ValueKind == JsonValueKind.Number);
        stats.GetProperty("proposals").GetProperty("p50Milliseconds").GetDouble().ShouldBeGreaterThan(0);
        stats.GetProperty("leaderless").GetInt32().ShouldBeInRange(0, 4);
        stats.GetProperty("silos")[0].GetProperty("replicas").GetInt32().ShouldBe(12);
    }

    [Fact]
    public async Task A_group_in_focus_shows_its_messages_and_replicas_and_other_groups_do_not()
    {
        await using var stream = await EventStream.OpenAsync(Client, "/api/v1/events?group=counters-1");
        (await stream.NextAsync()).GetProperty("focus").GetString().ShouldBe("counters-1");
        using var seen = new CancellationTokenSource();
        var writing = WriteEverywhereAsync(seen.Token);

        // The leader may change meanwhile: what counts is who leads when the message is sent.
        JsonElement leader = default, message = default, commit = default;
        while (message.ValueKind == JsonValueKind.Undefined || commit.ValueKind == JsonValueKind.Undefined)
        {
            var happened = await stream.NextAsync();
            switch (happened.GetProperty("type").GetString())
            {
                case "replica" when happened.GetProperty("role").GetString() == "leader":
                    leader = happened;
                    break;
                case "message" when leader.ValueKind != JsonValueKind.Undefined
                    && happened.GetProperty("from").GetInt64() == leader.GetProperty("replica").GetInt64()
                    && happened.GetProperty("kind").GetString() == "append-entries" && happened.GetProperty("entries").GetInt32() > 0:
                    message = happened;
                    break;
                case "commit" when happened.GetProperty("group").GetString() == "counters-1":
                    commit = happened;
                    break;
            }
        }

        leader.GetProperty("group").GetString().ShouldBe("counters-1");
        leader.GetProperty("progress").GetArrayLength().ShouldBe(2);
        leader.GetProperty("lastTerm").GetInt64().ShouldBePositive();
        message.GetProperty("group").GetString().ShouldBe("counters-1");
        message.GetProperty("lost").GetBoolean().ShouldBeFalse();
        commit.GetProperty("entries").GetInt64().ShouldBePositive();
        await seen.CancelAsync();
        await writing;
    }

    [Fact]
    public async Task A_stream_that_broke_goes_on_after_the_event_it_names()
    {
        await using var first = await EventStream.OpenAsync(Client, "/api/v1/events");
        await first.UntilAsync("stats");
        var id = first.LastId;
        var next = await first.NextAsync();

        await using var second = await EventStream.OpenAsync(Client, "/api/v1/events", id);

        (await second.NextAsync()).GetRawText().ShouldBe(next.GetRawText());
    }

    [Theory]
    [InlineData("0123abcd-7", "another-silo")]
    [InlineData("nonsense", "another-silo")]
    public async Task A_stream_that_cannot_go_on_says_so_and_begins_anew(string id, string reason)
    {
        await using var stream = await EventStream.OpenAsync(Client, "/api/v1/events", id);

        var reset = await stream.NextAsync();

        reset.GetProperty("type").GetString().ShouldBe("reset");
        reset.GetProperty("reason").GetString().ShouldBe(reason);
        (await stream.NextAsync()).GetProperty("type").GetString().ShouldBe("snapshot");
    }

    [Fact]
    public async Task A_place_that_was_never_given_out_is_told_as_dropped()
    {
        await using var first = await EventStream.OpenAsync(Client, "/api/v1/events");
        await first.NextAsync();

        await using var second = await EventStream.OpenAsync(Client, "/api/v1/events", $"{first.LastId.Split('-')[0]}-999999999");

        (await second.NextAsync()).GetProperty("reason").GetString().ShouldBe("dropped");
    }

    [Fact]
    public async Task A_leader_that_is_isolated_is_seen_to_be_replaced_and_the_fault_to_heal()
    {
        await using var stream = await EventStream.OpenAsync(Client, "/api/v1/events?group=counters-2");
        await stream.NextAsync();

        var fault = (await server.BeginAtLeaderAsync("isolate", "counters-2")).ShouldBeJson(201);
        var isolated = fault.GetProperty("replica").GetInt64();

        (await stream.UntilAsync("fault")).GetProperty("state").GetString().ShouldBe("began");
        await stream.UntilAsync("message", message => message.GetProperty("lost").GetBoolean() && message.GetProperty("from").GetInt64() == isolated);
        var elected = await stream.UntilAsync(
            "role",
            role =>
                role.GetProperty("group").GetString() == "counters-2"
                    && role.GetProperty("role").GetString() == "leader"
                    && role.GetProperty("replica").GetInt64() != isolated);
        elected.GetProperty("votes").GetInt32().ShouldBe(2);
        elected.GetProperty("voters").GetInt32().ShouldBe(3);
        await stream.UntilAsync(
            "replica",
            replica =>
                replica.GetProperty("replica").GetInt64() == isolated
                    && replica.GetProperty("lastTerm").GetInt64() < elected.GetProperty("term").GetInt64());
        (
            await Client.SendAsync(
                HttpMethod.Delete, $"/api/v1/faults/{fault.GetProperty("fault").GetString()}")).Status.ShouldBe(System.Net.HttpStatusCode.NoContent);
        await stream.UntilAsync("fault", happened => happened.GetProperty("state").GetString() == "healed");
    }

    [Fact]
    public async Task A_group_that_does_not_exist_is_refused_before_anything_is_streamed() =>
        (await Client.AskAsync("/api/v1/events?group=nothing")).ShouldBeProblem(404, "unknown-group");

    /// <summary>Writes to every group, once, or for as long as nobody has seen enough.</summary>
    private async Task WriteEverywhereAsync(CancellationToken enough = default)
    {
        do
        {
            for (var name = 0; name < 24; name++)
            {
                (await Client.SendAsync(HttpMethod.Post, $"/api/v1/tenants/events/counters/c{name}/increment", """{"by":1}""")).ShouldBeJson();
            }
        }
        while (enough.CanBeCanceled && !enough.IsCancellationRequested);
    }
}
