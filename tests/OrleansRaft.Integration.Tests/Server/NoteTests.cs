using Microsoft.Extensions.DependencyInjection;

namespace OrleansRaft.Integration.Tests.Server;

/// <summary>Notes about tenants, which an ordinary grain keeps beside the groups.</summary>
public sealed class NoteTests(CounterServer server) : IClassFixture<CounterServer>
{
    private readonly string note = $"/api/v1/tenants/t-{Guid.NewGuid():N}/note";

    private HttpClient Client => server.Client;

    [Fact]
    public async Task A_note_is_there_once_it_is_written()
    {
        var before = await Client.AskAsync(note);
        var written = await Client.SendAsync(HttpMethod.Put, note, """{"text":"pays \u00fcber \"PayPal\""}""");
        var after = await Client.AskAsync(note);

        before.ShouldBeProblem(404, "unknown-note");
        written.ShouldBeJson().GetProperty("text").GetString().ShouldBe("pays über \"PayPal\"");
        after.ShouldBeJson().GetRawText().ShouldBe(written.Text);
    }

    [Theory]
    [InlineData("""{}""", "text", "is missing")]
    [InlineData("""{"text":7}""", "text", "no text in quotes")]
    [InlineData("""{"text":"a","by":1}""", "by", "is unknown here. The body knows only \"text\".")]
    public async Task A_body_that_makes_no_sense_is_refused_and_changes_nothing(string body, string field, string sentence)
    {
        var refused = await Client.SendAsync(HttpMethod.Put, note, body);

        refused.ShouldBeProblem(400, "invalid-request", field).Json.GetProperty("detail").GetString()!.ShouldContain(sentence);
        (await Client.AskAsync(note)).ShouldBeProblem(404, "unknown-note");
    }

    /// <summary>A stranger can make up any number of tenants.</summary>
    [Fact]
    public async Task Reading_what_does_not_exist_leaves_nothing_in_memory()
    {
        var management = server.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);
        async Task<int> CountAsync() => (await management.GetSimpleGrainStatistics())
            .Where(
                static grain =>
                    grain.GrainType.Contains("TenantNote", StringComparison.OrdinalIgnoreCase)
                        || grain.GrainType.Contains("tenant-note", StringComparison.OrdinalIgnoreCase))
            .Sum(static grain => grain.ActivationCount);
        (await Client.SendAsync(HttpMethod.Put, note, """{"text":"kept"}""")).ShouldBeJson();
        (await CountAsync()).ShouldBePositive("a note that exists is counted");

        await Parallel.ForAsync(0, 2_000, TestContext.Current.CancellationToken, async (number, _) =>
            (await Client.AskAsync($"/api/v1/tenants/nobody-{number}/note")).ShouldBeProblem(404, "unknown-note"));

        await Eventually.HoldsAsync(
            async () => await CountAsync() < 100,
            "the activations are gone",
            TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_note_that_is_too_long_is_refused()
    {
        var refused = await Client.SendAsync(HttpMethod.Put, note, $$"""{"text":"{{new string('x', 1_001)}}"}""");

        refused.ShouldBeProblem(400, "invalid-request", "text").Json.GetProperty("detail").GetString()!.ShouldContain("a note has at most 1000");
    }
}
