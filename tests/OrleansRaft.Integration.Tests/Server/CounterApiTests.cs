using System.Globalization;
using System.Net;
using System.Text.Json;

namespace OrleansRaft.Integration.Tests.Server;

public sealed class CounterApiTests(CounterServer server) : IClassFixture<CounterServer>
{
    private readonly string tenant = $"t-{Guid.NewGuid():N}";

    private HttpClient Client => server.Client;

    private string Counters => $"/api/v1/tenants/{tenant}/counters";

    [Fact]
    public async Task An_increment_answers_once_applied_and_a_read_tells_the_same()
    {
        var first = await IncrementAsync("visits", 5);
        var second = await IncrementAsync("visits", -2);
        var read = await Client.AskAsync($"{Counters}/visits");

        first.ShouldBeJson().GetProperty("value").GetInt64().ShouldBe(5);
        var json = second.ShouldBeJson();
        json.EnumerateObject().Select(property => property.Name).ShouldBe(["tenant", "counter", "value", "group", "index", "term"]);
        json.GetProperty("tenant").GetString().ShouldBe(tenant);
        json.GetProperty("counter").GetString().ShouldBe("visits");
        json.GetProperty("value").GetInt64().ShouldBe(3);
        json.GetProperty("group").GetString()!.ShouldStartWith("counters-");
        json.GetProperty("index").GetInt64().ShouldBeGreaterThan(first.Json.GetProperty("index").GetInt64());
        json.GetProperty("term").GetInt64().ShouldBeGreaterThan(0);
        read.ShouldBeJson().GetRawText().ShouldBe(second.Text);
        read.Tag.ShouldBe($"\"{json.GetProperty("index").GetInt64()}\"");
        second.Tag.ShouldBe(read.Tag);
    }

    [Fact]
    public async Task A_stale_read_says_how_old_it_is()
    {
        await IncrementAsync("visits", 5);

        var read = (await Client.AskAsync($"{Counters}/visits?consistency=stale")).ShouldBeJson();

        read.GetProperty("value").GetInt64().ShouldBe(5);
        read.GetProperty("ageMilliseconds").GetInt64().ShouldBeGreaterThanOrEqualTo(0);
    }

    [Theory]
    [InlineData("linearizable")]
    [InlineData("stale")]
    public async Task A_counter_that_was_never_written_is_not_found(string consistency) =>
        (await Client.AskAsync($"{Counters}/nothing?consistency={consistency}")).ShouldBeProblem(404, "unknown-counter");

    [Fact]
    public async Task A_lease_read_where_leases_are_off_is_refused() =>
        (await Client.AskAsync($"{Counters}/visits?consistency=lease")).ShouldBeProblem(400, "invalid-request", "consistency");

    [Theory]
    [InlineData("?consistency=strong")]
    [InlineData("?consistency=Linearizable")]
    [InlineData("?consistency=")]
    [InlineData("?consistency=stale&consistency=stale")]
    public async Task An_unknown_consistency_is_refused(string query) =>
        (await Client.AskAsync($"{Counters}/visits{query}")).ShouldBeProblem(400, "invalid-request", "consistency");

    [Fact]
    public async Task A_counter_is_set_deleted_and_gone()
    {
        var set = await Client.SendAsync(HttpMethod.Put, $"{Counters}/visits", """{"value":7}""");
        var deleted = await Client.SendAsync(HttpMethod.Delete, $"{Counters}/visits");
        var again = await Client.SendAsync(HttpMethod.Delete, $"{Counters}/visits");
        var read = await Client.AskAsync($"{Counters}/visits");

        set.ShouldBeJson().GetProperty("value").GetInt64().ShouldBe(7);
        deleted.Status.ShouldBe(HttpStatusCode.NoContent);
        deleted.Text.ShouldBeEmpty();
        again.ShouldBeProblem(404, "unknown-counter");
        read.ShouldBeProblem(404, "unknown-counter");
    }

    [Fact]
    public async Task A_write_that_is_conditional_on_a_tag_is_applied_only_while_it_stands()
    {
        var tag = (await IncrementAsync("visits", 1)).Tag!;

        var applied = await Client.SendAsync(HttpMethod.Put, $"{Counters}/visits", """{"value":7}""", headers: ("If-Match", tag));
        var refused = await Client.SendAsync(HttpMethod.Put, $"{Counters}/visits", """{"value":8}""", headers: ("If-Match", tag));
        var created = await Client.SendAsync(HttpMethod.Put, $"{Counters}/new", """{"value":8}""", headers: ("If-Match", "*"));
        var read = await Client.AskAsync($"{Counters}/visits");

        applied.ShouldBeJson();
        refused.ShouldBeProblem(412, "precondition-failed");
        refused.Tag.ShouldBe(applied.Tag);
        created.ShouldBeProblem(412, "precondition-failed");
        read.Json.GetProperty("value").GetInt64().ShouldBe(7);
    }

    [Fact]
    public async Task A_deletion_and_an_increment_may_be_conditional_too()
    {
        var old = (await IncrementAsync("visits", 1)).Tag!;
        var tag = (await IncrementAsync("visits", 1)).Tag!;

        (await Client.SendAsync(HttpMethod.Delete, $"{Counters}/visits", headers: ("If-Match", old))).ShouldBeProblem(412, "precondition-failed");
        (await IncrementAsync("visits", 1, ("If-Match", old))).ShouldBeProblem(412, "precondition-failed");
        (await Client.SendAsync(HttpMethod.Delete, $"{Counters}/visits", headers: ("If-Match", tag))).Status.ShouldBe(HttpStatusCode.NoContent);
    }

    [Theory]
    [InlineData(long.MaxValue, 1)]
    [InlineData(long.MinValue, -1)]
    public async Task An_increment_that_would_overflow_changes_nothing(long value, long by)
    {
        var set = await Client.SendAsync(HttpMethod.Put, $"{Counters}/edge", $$"""{"value":{{value.ToString(CultureInfo.InvariantCulture)}}}""");

        var refused = await IncrementAsync("edge", by);

        refused.ShouldBeProblem(422, "overflow");
        (await Client.AskAsync($"{Counters}/edge")).Text.ShouldBe(set.Text);
    }

    [Fact]
    public async Task Counters_are_listed_in_order_page_by_page_over_all_groups()
    {
        string[] names = ["a", "B", "b", "c-1", "c.2", "c_3", "d", "Z", "0"];
        await Task.WhenAll(names.Select(name => IncrementAsync(name, 1)));
        await Client.SendAsync(HttpMethod.Delete, $"{Counters}/d");

        var listed = new List<string>();
        var groups = new HashSet<string>();
        for (string? next = ""; next is not null;)
        {
            var page = (await Client.AskAsync($"{Counters}?limit=3&after={next}")).ShouldBeJson();
            foreach (var counter in page.GetProperty("counters").EnumerateArray())
            {
                listed.Add(counter.GetProperty("counter").GetString()!);
                groups.Add(counter.GetProperty("group").GetString()!);
                counter.GetRawText().ShouldBe((await Client.AskAsync($"{Counters}/{listed[^1]}")).Text);
            }

            next = page.GetProperty("next").GetString();
        }

        listed.ShouldBe(names.Where(name => name != "d").Order(StringComparer.Ordinal));
        groups.Count.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task A_tenant_that_was_never_written_has_no_counters() =>
        (await Client.AskAsync(Counters)).ShouldBeJson().GetRawText().ShouldBe("""{"counters":[],"next":null}""");

    [Theory]
    [InlineData("?limit=0", "limit")]
    [InlineData("?limit=1001", "limit")]
    [InlineData("?limit=1.5", "limit")]
    [InlineData("?limit=", "limit")]
    [InlineData("?after=a%20b", "after")]
    [InlineData("?after=a/b", "after")]
    [InlineData("?after=a&after=b", "after")]
    public async Task A_wrong_parameter_of_a_list_is_refused_by_name(string query, string field) =>
        (await Client.AskAsync(Counters + query)).ShouldBeProblem(400, "invalid-request", field);

    [Theory]
    [InlineData("a%20b", "visits", "tenant")]
    [InlineData("%C3%A9", "visits", "tenant")]
    [InlineData("a%2Fb", "visits", "tenant")]
    [InlineData("a", "b%01", "counter")]
    [InlineData("a", "b:c", "counter")]
    [InlineData("a", "%E2%80%8B", "counter")]
    public async Task A_name_outside_the_rule_is_refused_by_every_method(string tenantName, string counter, string field)
    {
        var path = $"/api/v1/tenants/{tenantName}/counters/{counter}";

        (await Client.AskAsync(path)).ShouldBeProblem(400, "invalid-request", field);
        (await Client.SendAsync(HttpMethod.Delete, path)).ShouldBeProblem(400, "invalid-request", field);
        (await Client.SendAsync(HttpMethod.Put, path, """{"value":1}""")).ShouldBeProblem(400, "invalid-request", field);
        (await Client.SendAsync(HttpMethod.Post, path + "/increment", """{"by":1}""")).ShouldBeProblem(400, "invalid-request", field);
    }

    [Fact]
    public async Task A_name_may_have_128_characters_and_no_more()
    {
        var longest = new string('n', 128);

        (await IncrementAsync(longest, 1)).ShouldBeJson().GetProperty("counter").GetString().ShouldBe(longest);
        (await IncrementAsync(longest + "n", 1)).ShouldBeProblem(400, "invalid-request", "counter");
    }

    [Theory]
    [InlineData("", "body")]
    [InlineData("{", "body")]
    [InlineData("[]", "body")]
    [InlineData("{}", "by")]
    [InlineData("""{"by":"1"}""", "by")]
    [InlineData("""{"by":1.5}""", "by")]
    [InlineData("""{"by":9223372036854775808}""", "by")]
    [InlineData("""{"by":1,"by":1}""", "by")]
    [InlineData("""{"by":1,"note":""}""", "note")]
    public async Task A_wrong_body_is_refused_by_its_field_and_changes_nothing(string body, string field)
    {
        (await Client.SendAsync(HttpMethod.Post, $"{Counters}/visits/increment", body)).ShouldBeProblem(400, "invalid-request", field);

        (await Client.AskAsync($"{Counters}/visits")).ShouldBeProblem(404, "unknown-counter");
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("")]
    public async Task A_body_that_is_not_said_to_be_json_is_refused(string contentType) =>
        (await Client.SendAsync(HttpMethod.Put, $"{Counters}/visits", """{"value":1}""", contentType)).ShouldBeProblem(415, "unsupported-media-type");

    [Fact]
    public async Task A_request_without_a_body_is_told_that_one_is_missing() =>
        (await Client.SendAsync(HttpMethod.Post, $"{Counters}/visits/increment")).ShouldBeProblem(400, "invalid-request", "body");

    [Theory]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("Application/JSON")]
    [InlineData("application/vnd.acme+json")]
    public async Task Json_may_be_announced_in_many_ways(string contentType) =>
        (await Client.SendAsync(HttpMethod.Put, $"{Counters}/visits", """{"value":1}""", contentType)).ShouldBeJson();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_has_at_most_64_kilobytes(bool chunked)
    {
        var fits = "{\"by\":1" + new string(' ', (64 * 1024) - 8) + "}";

        (await SendAsync(fits, chunked)).ShouldBeJson();
        (await SendAsync(fits + " ", chunked)).ShouldBeProblem(413, "body-too-large");
        (await SendAsync(fits + new string(' ', 1024 * 1024), chunked)).ShouldBeProblem(413, "body-too-large");
        (await Client.AskAsync($"{Counters}/visits")).Json.GetProperty("value").GetInt64().ShouldBe(1);

        Task<Answer> SendAsync(string body, bool withoutLength) => Client.SendAsync(
            HttpMethod.Post, $"{Counters}/visits/increment", body, headers: withoutLength ? [("Transfer-Encoding", "chunked")] : []);
    }

    [Theory]
    [InlineData("17")]
    [InlineData("\"17\", \"18\"")]
    public async Task A_condition_that_is_no_tag_is_refused_by_name(string condition) =>
        (await Client.SendAsync(HttpMethod.Put, $"{Counters}/visits", """{"value":1}""", headers: ("If-Match", condition)))
            .ShouldBeProblem(400, "invalid-request", "If-Match");

    [Fact]
    public async Task A_group_its_replicas_and_its_log_tell_of_the_increment()
    {
        var counter = (await IncrementAsync("visits", 5, ("Idempotency-Key", "k1"))).ShouldBeJson();
        var name = counter.GetProperty("group").GetString()!;
        var index = counter.GetProperty("index").GetInt64();

        var group = (await Client.AskAsync($"/api/v1/groups/{name}")).ShouldBeJson();
        var compared = (await Client.SendAsync(HttpMethod.Post, $"/api/v1/groups/{name}/compare")).ShouldBeJson();
        var afterwards = (await Client.AskAsync($"/api/v1/groups/{name}")).ShouldBeJson();
        var groups = (await Client.AskAsync("/api/v1/groups")).ShouldBeJson();
        var log = (await Client.AskAsync($"/api/v1/groups/{name}/log?after={index - 1}&limit=1")).ShouldBeJson();

        groups.GetProperty("next").ValueKind.ShouldBe(JsonValueKind.Null);
        groups.GetProperty("groups").EnumerateArray().Select(each => each.GetProperty("group").GetString())
            .ShouldBe(Enumerable.Range(0, CounterServer.Groups).Select(number => $"counters-{number}"));
        var leader = group.GetProperty("leader").GetInt64();
        var replicas = group.GetProperty("replicas").EnumerateArray().ToArray();
        replicas.Length.ShouldBe(3);
        replicas.Single(replica => replica.GetProperty("role").GetString() == "leader").GetProperty("replica").GetInt64().ShouldBe(leader);
        replicas.ShouldAllBe(replica => replica.GetProperty("silo").GetString() == "silo-1");
        compared.GetProperty("verdict").GetString().ShouldBe("equal");
        var comparedAt = compared.GetProperty("index").GetInt64();
        comparedAt.ShouldBeGreaterThan(index);
        var digests = compared.GetProperty("replicas").EnumerateArray().Select(replica => replica.GetProperty("digest").GetString()!).ToArray();
        digests.Length.ShouldBe(3);
        digests.Distinct().ShouldHaveSingleItem().Length.ShouldBe(64);
        afterwards.GetProperty("replicas").EnumerateArray().ShouldAllBe(replica =>
            replica.GetProperty("digest").GetString() == digests[0] && replica.GetProperty("digestIndex").GetInt64() == comparedAt);
        var entry = log.GetProperty("entries")[0];
        entry.GetProperty("index").GetInt64().ShouldBe(index);
        entry.GetProperty("kind").GetString().ShouldBe("command");
        entry.GetProperty("key").GetString().ShouldBe($"{tenant}/visits");
        entry.GetProperty("requestId").GetString().ShouldBe($"POST {tenant}/visits k1");
        entry.GetProperty("text").GetString().ShouldBe($"increment {tenant}/visits by 5");
        log.GetProperty("next").GetInt64().ShouldBe(index);
    }

    [Fact]
    public async Task Increments_from_many_at_once_are_all_applied()
    {
        const int Clients = 50;

        var answers = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => IncrementAsync("busy", 1)));

        answers.Select(answer => answer.ShouldBeJson().GetProperty("value").GetInt64())
            .Order()
            .ShouldBe(Enumerable.Range(1, Clients).Select(i => (long)i));
        (await Client.AskAsync($"{Counters}/busy")).Json.GetProperty("value").GetInt64().ShouldBe(Clients);
    }

    private Task<Answer> IncrementAsync(string counter, long by, params (string Name, string Value)[] headers) => Client.SendAsync(
        HttpMethod.Post, $"{Counters}/{counter}/increment", $$"""{"by":{{by.ToString(CultureInfo.InvariantCulture)}}}""", headers: headers);
}
