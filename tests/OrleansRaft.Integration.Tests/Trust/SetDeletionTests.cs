using System.Net;
using OrleansRaft.Integration.Tests.Cli;
using OrleansRaft.Integration.Tests.Server;

namespace OrleansRaft.Integration.Tests.Trust;

/// <summary>
/// Deletion of a set of groups over HTTP and by <c>oraft</c>: who may, and what is refused. <see cref="Grains.CatalogueTests"/> deletes one.
/// </summary>
public sealed class SetDeletionTests(AccessServer server) : IClassFixture<AccessServer>
{
    [Theory]
    [InlineData("")]
    [InlineData("?confirm=")]
    [InlineData("?confirm=other")]
    [InlineData("?confirm=counters&confirm=counters")]
    public async Task It_is_confirmed_with_the_sets_name(string query)
    {
        using var admin = server.NewClient(server["admin"]);

        (await admin.SendAsync(HttpMethod.Delete, "/api/v1/sets/counters" + query)).ShouldBeProblem(400, "invalid-request", "confirm");
    }

    [Fact]
    public async Task A_set_that_is_in_use_or_is_not_there_is_refused_in_so_many_words()
    {
        using var admin = server.NewClient(server["admin"]);

        var created = await admin.SendAsync(HttpMethod.Delete, "/api/v1/sets/counters?confirm=counters");
        var unknown = await admin.SendAsync(HttpMethod.Delete, "/api/v1/sets/orders?confirm=orders");

        created.ShouldBeProblem(400, "invalid-request", "set").Text.ShouldContain("only sets that were added later can be deleted");
        unknown.ShouldBeProblem(404, "unknown-group").Text.ShouldContain("There is no set");
        (await admin.AskAsync("/api/v1/groups")).ShouldBeJson().GetProperty("groups").GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task Only_an_admin_deletes_sets()
    {
        var run = await OraftAsync("operator", "orders", "--confirm", "orders");

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("forbidden");
    }

    [Theory]
    [InlineData(2, "--confirm orders")]
    [InlineData(2, "not 'orders'", "--confirm", "order")]
    [InlineData(1, "There is no set 'orders'", "--confirm", "orders")]
    public async Task The_command_asks_for_the_name_once_more(int exitCode, string problem, params string[] more)
    {
        var run = await OraftAsync("admin", ["orders", .. more]);

        run.ExitCode.ShouldBe(exitCode, run.Error);
        run.Error.ShouldContain(problem);
        run.Output.ShouldBeEmpty();
    }

    [Fact]
    public async Task It_is_audited()
    {
        using var admin = server.NewClient(server["admin"]);
        (await admin.SendAsync(HttpMethod.Delete, "/api/v1/sets/audited?confirm=audited")).Status.ShouldBe(HttpStatusCode.NotFound);

        await Eventually.HoldsAsync(
            async () => (await CommandLineRun.AtAsync(server.Address, "audit", "--key", server["admin"])).Output.Contains("/api/v1/sets/audited"),
            "the deletion is in the audit",
            TimeSpan.FromMinutes(1));
    }

    private Task<CommandLineRun> OraftAsync(string key, params IEnumerable<string> line) =>
        CommandLineRun.AtAsync(server.Address, ["set", "delete", .. line, "--key", server[key]]);
}
