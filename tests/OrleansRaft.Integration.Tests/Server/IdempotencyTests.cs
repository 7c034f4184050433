using System.Net;

namespace OrleansRaft.Integration.Tests.Server;

public sealed class IdempotencyTests(CounterServer server) : IClassFixture<CounterServer>
{
    private readonly string counters = $"/api/v1/tenants/t-{Guid.NewGuid():N}/counters";

    private HttpClient Client => server.Client;

    [Fact]
    public async Task A_repeated_request_gets_the_first_answer_and_is_applied_once()
    {
        var first = await IncrementAsync("visits", 5, "k");
        await IncrementAsync("visits", 1, "other");
        var repeated = await IncrementAsync("visits", 5, "k");

        repeated.ShouldBeJson().GetRawText().ShouldBe(first.Text);
        repeated.Tag.ShouldBe(first.Tag);
        (await ValueAsync("visits")).ShouldBe(6);
    }

    [Fact]
    public async Task Repeats_at_the_same_time_are_applied_once_and_all_get_the_same_answer()
    {
        const int Repeats = 40;

        var answers = await Task.WhenAll(Enumerable.Range(0, Repeats).Select(_ => IncrementAsync("visits", 5, "k")));

        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);
        answers.Select(answer => answer.Text).Distinct().Count().ShouldBe(1);
        (await ValueAsync("visits")).ShouldBe(5);
    }

    [Fact]
    public async Task The_same_key_with_another_body_or_condition_is_refused()
    {
        await IncrementAsync("visits", 5, "k");

        (await IncrementAsync("visits", 6, "k")).ShouldBeProblem(409, "key-reused");
        (
            await Client.SendAsync(
                HttpMethod.Post, $"{counters}/visits/increment", """{"by":5}""", headers: [("Idempotency-Key", "k"), ("If-Match", "*")]))
            .ShouldBeProblem(409, "key-reused");
        (await ValueAsync("visits")).ShouldBe(5);
    }

    [Fact]
    public async Task The_same_body_written_otherwise_is_the_same_request()
    {
        var first = await Client.SendAsync(HttpMethod.Post, $"{counters}/visits/increment", """{"by":5}""", headers: ("Idempotency-Key", "k"));

        var repeated = await Client.SendAsync(
            HttpMethod.Post, $"{counters}/visits/increment", """ { "by" : 5 } """, headers: ("Idempotency-Key", "k"));

        repeated.ShouldBeJson().GetRawText().ShouldBe(first.Text);
    }

    [Fact]
    public async Task A_key_belongs_to_one_counter_and_method()
    {
        await IncrementAsync("one", 5, "k");

        (await IncrementAsync("two", 5, "k")).ShouldBeJson().GetProperty("value").GetInt64().ShouldBe(5);
        (await Client.SendAsync(HttpMethod.Put, $"{counters}/one", """{"value":9}""", headers: ("Idempotency-Key", "k")))
            .ShouldBeJson().GetProperty("value").GetInt64().ShouldBe(9);
        (await Client.SendAsync(HttpMethod.Delete, $"{counters}/one", headers: ("Idempotency-Key", "k"))).Status.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Refusals_are_remembered_too()
    {
        var first = await Client.SendAsync(HttpMethod.Delete, $"{counters}/visits", headers: ("Idempotency-Key", "k"));
        var conditional = await IncrementAsync("visits", 1, "c", ("If-Match", "*"));
        await IncrementAsync("visits", 5, "later");

        var repeated = await Client.SendAsync(HttpMethod.Delete, $"{counters}/visits", headers: ("Idempotency-Key", "k"));
        var conditionalAgain = await IncrementAsync("visits", 1, "c", ("If-Match", "*"));

        first.ShouldBeProblem(404, "unknown-counter");
        repeated.ShouldBeProblem(404, "unknown-counter");
        conditional.ShouldBeProblem(412, "precondition-failed");
        conditionalAgain.ShouldBeProblem(412, "precondition-failed");
        (await ValueAsync("visits")).ShouldBe(5);
    }

    [Fact]
    public async Task A_repeated_deletion_is_answered_as_the_first_even_when_the_counter_exists_again()
    {
        await IncrementAsync("visits", 5, "a");
        (
            await Client.SendAsync(
                HttpMethod.Delete, $"{counters}/visits", headers: ("Idempotency-Key", "d"))).Status.ShouldBe(HttpStatusCode.NoContent);
        await IncrementAsync("visits", 7, "b");

        (
            await Client.SendAsync(
                HttpMethod.Delete, $"{counters}/visits", headers: ("Idempotency-Key", "d"))).Status.ShouldBe(HttpStatusCode.NoContent);

        (await ValueAsync("visits")).ShouldBe(7);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a\u00e9")]
    public async Task A_key_that_is_no_visible_ascii_is_refused_by_name(string key) =>
        (await IncrementAsync("visits", 1, key)).ShouldBeProblem(400, "invalid-request", "Idempotency-Key");

    [Fact]
    public async Task A_key_may_have_255_characters_and_no_more()
    {
        (await IncrementAsync("visits", 1, new string('k', 255))).ShouldBeJson();
        (await IncrementAsync("visits", 1, new string('k', 256))).ShouldBeProblem(400, "invalid-request", "Idempotency-Key");
    }

    [Fact]
    public async Task The_longest_names_with_the_longest_key_are_applied_once_too()
    {
        var path = $"/api/v1/tenants/{new string('t', 128)}/counters/{Guid.NewGuid():N}{new string('c', 96)}/increment";
        var key = new string('k', 255);

        var first = await Client.SendAsync(HttpMethod.Post, path, """{"by":5}""", headers: ("Idempotency-Key", key));
        var repeated = await Client.SendAsync(HttpMethod.Post, path, """{"by":5}""", headers: ("Idempotency-Key", key));

        repeated.ShouldBeJson().GetRawText().ShouldBe(first.ShouldBeJson().GetRawText());
    }

    private Task<Answer> IncrementAsync(string counter, int by, string key, params (string Name, string Value)[] headers) =>
        Client.SendAsync(HttpMethod.Post, $"{counters}/{counter}/increment", $$"""{"by":{{by}}}""", headers: [("Idempotency-Key", key), .. headers]);

    private async Task<long> ValueAsync(string counter) =>
        (await Client.AskAsync($"{counters}/{counter}")).ShouldBeJson().GetProperty("value").GetInt64();
}
