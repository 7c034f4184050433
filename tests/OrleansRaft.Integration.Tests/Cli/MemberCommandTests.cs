namespace OrleansRaft.Integration.Tests.Cli;

/// <summary><c>oraft member</c> against a real silo, on a group of its own.</summary>
[Collection(OneSilo.Name)]
public sealed class MemberCommandTests(OneSilo silo)
{
    private const string Group = "counters-2";

    [Fact]
    public async Task A_replica_is_added_replaced_and_removed_each_for_the_version_that_was_read()
    {
        var before = await RunAsync("list");
        var added = await RunAsync("add", "--learner", "--if-version", VersionOf(before));
        var stale = await CommandLineRun.AtAsync(silo.Address, "member", "add", Group, "--if-version", VersionOf(before));
        var learner = LearnersOf(added).ShouldHaveSingleItem();
        var removed = await RunAsync("remove", $"{learner}", "--if-version", VersionOf(added));
        var replaced = await RunAsync("replace", "3");
        var resized = await RunAsync("resize", "3");

        VotersOf(before).ShouldBe([1, 2, 3]);
        stale.ExitCode.ShouldBe(5, stale.Error);
        stale.Error.ShouldContain("configuration-conflict");
        stale.Error.ShouldContain("oraft member list");
        LearnersOf(removed).ShouldBeEmpty();
        VotersOf(replaced).Length.ShouldBe(3);
        VotersOf(replaced).ShouldNotContain(3);
        VotersOf(resized).ShouldBe(VotersOf(replaced));
    }

    [Theory]
    [InlineData("invalid-request", "remove", "99")]
    [InlineData("invalid-request", "add", "--replica", "1")]
    [InlineData("invalid-request", "add", "--silo", "nowhere")]
    [InlineData("invalid-request", "replace", "99")]
    [InlineData("invalid-request", "resize", "0")]
    [InlineData("invalid-request", "resize", "8")]
    [InlineData("invalid-request", "add", "--replica", "9223372036854775807")]
    public async Task What_makes_no_sense_is_refused(string problem, string verb, params string[] arguments)
    {
        var run = await CommandLineRun.AtAsync(silo.Address, ["member", verb, "counters-1", .. arguments]);

        run.ExitCode.ShouldBe(1, run.Output);
        run.Error.ShouldContain(problem);
        run.Output.ShouldBeEmpty();
    }

    /// <summary>A test has no terminal to be asked on.</summary>
    [Theory]
    [InlineData("remove", "1", "survives the loss of none, and now of 1")]
    [InlineData("remove", "2", "survives the loss of none, and now of 1")]
    [InlineData("resize", "1", "loses 2 of its 3 voters. With 1 voter the group survives the loss of none")]
    public async Task Votes_are_not_taken_away_without_a_question(string verb, string argument, string meaning)
    {
        var run = await CommandLineRun.AtAsync(silo.Address, "member", verb, "counters-0", argument);

        run.ExitCode.ShouldBe(2, run.Output);
        run.Error.ShouldContain(meaning);
        run.Error.ShouldContain("--yes");
        (await CommandLineRun.AtAsync(silo.Address, "member", "list", "counters-0")).Output.ShouldContain("voters 1, 2, 3, version 0");
    }

    [Fact]
    public async Task The_members_are_told_in_words()
    {
        var list = await CommandLineRun.AtAsync(silo.Address, "member", "list", "counters-0");

        list.Output.ShouldContain("counters-0: voters 1, 2, 3, version 0");
    }

    [Fact]
    public async Task A_server_that_does_not_answer_leaves_a_change_unknown()
    {
        await using var server = CannedServer.Silent();

        var run = await CommandLineRun.AtAsync(server.Address, "member", "remove", "counters-0", "3", "--yes", "--timeout", "0.2");

        run.ExitCode.ShouldBe(6);
        run.Error.ShouldContain("oraft member list");
    }

    private async Task<System.Text.Json.JsonElement> RunAsync(string verb, params string[] arguments)
    {
        var run = await CommandLineRun.AtAsync(silo.Address, ["member", verb, Group, .. arguments, "--json", "--timeout", "60"]);
        run.ExitCode.ShouldBe(0, run.Error);
        return run.Objects.ShouldHaveSingleItem().GetProperty("configuration");
    }

    private static string VersionOf(System.Text.Json.JsonElement configuration) => configuration.GetProperty("version").GetRawText();

    private static long[] VotersOf(System.Text.Json.JsonElement configuration) => Numbers(configuration, "voters");

    private static long[] LearnersOf(System.Text.Json.JsonElement configuration) => Numbers(configuration, "learners");

    private static long[] Numbers(System.Text.Json.JsonElement configuration, string name) =>
        [.. configuration.GetProperty(name).EnumerateArray().Select(number => number.GetInt64())];
}
