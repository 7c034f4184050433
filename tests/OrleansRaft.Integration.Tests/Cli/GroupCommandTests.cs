using OrleansRaft.Cli.CommandLine;

namespace OrleansRaft.Integration.Tests.Cli;

/// <summary><c>oraft group</c> and <c>oraft status</c> against a real silo.</summary>
[Collection(OneSilo.Name)]
public sealed class GroupCommandTests(OneSilo silo)
{
    [Fact]
    public async Task List_prints_every_group_with_its_leader()
    {
        var list = await CommandLineRun.AtAsync(silo.Address, "group", "list");

        list.ExitCode.ShouldBe(0, list.Error);
        list.Output.ShouldContain("GROUP");
        list.Output.ShouldContain("counters-0");
        list.Output.ShouldContain("counters-1");
        list.Output.ShouldContain("counters-2");
        list.Output.ShouldNotContain("none");
    }

    [Fact]
    public async Task A_silo_tells_its_version_to_whoever_tells_one()
    {
        using var client = new HttpClient { BaseAddress = silo.Address };
        using var silent = await client.GetAsync(new Uri("api/v1/groups", UriKind.Relative), TestContext.Current.CancellationToken);
        client.DefaultRequestHeaders.Add(OraftVersion.Header, "0.0.1");
        using var told = await client.GetAsync(new Uri("api/v1/groups", UriKind.Relative), TestContext.Current.CancellationToken);

        silent.Headers.Contains(OraftVersion.Header).ShouldBeFalse();
        told.Headers.GetValues(OraftVersion.Header).ShouldBe([OraftVersion.Own]);
    }

    [Fact]
    public async Task List_as_json_is_one_whole_group_per_line()
    {
        var list = await CommandLineRun.AtAsync(silo.Address, "group", "list", "--json");

        list.Objects.Count.ShouldBe(3);
        foreach (var group in list.Objects)
        {
            group.GetProperty("leader").GetInt64().ShouldBeInRange(1, 3);
            group.GetProperty("replicas").GetArrayLength().ShouldBe(3);
        }
    }

    [Fact]
    public async Task Show_prints_who_leads_and_by_how_much_the_others_trail()
    {
        var show = await CommandLineRun.AtAsync(silo.Address, "group", "show", "counters-1");

        show.ExitCode.ShouldBe(0, show.Error);
        show.Output.ShouldContain("counters-1: replica");
        foreach (var column in new[] { "IS LEADER", "IS LEARNER", "TERM", "INDEX", "APPLIED", "TRAILS LEADER BY", "LAST CONTACT" })
        {
            show.Output.ShouldContain(column);
        }

        show.Output.ShouldContain("0 entries");
        show.Output.ReplaceLineEndings(" ").ShouldContain("its state has");
    }

    [Fact]
    public async Task Show_prints_how_far_a_snapshot_is_that_passes_to_a_member()
    {
        await using var server = CannedServer.Answering(
            200,
            "application/json",
            """
            {"group":"counters-1","leader":1,"term":4,"replicas":[
              {"replica":1,"silo":"a","role":"leader","lastIndex":9,"commitIndex":9,"appliedIndex":9,"stateBytes":2000,"stateKeys":7,
               "snapshotBytes":1500,"snapshotAgeMilliseconds":90000},
              {"replica":2,"silo":"b","role":"follower","lastIndex":0,"commitIndex":0,"appliedIndex":0,"transferredBytes":512,"transferBytes":1500}]}
            """);

        var show = await CommandLineRun.AtAsync(server.Address, "group", "show", "counters-1");

        show.ExitCode.ShouldBe(0, show.Error);
        var words = string.Join(' ', show.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        words.ShouldContain("its state has 7 keys and 2,000 bytes, its snapshot 1,500 bytes and an age of 90.0 s");
        words.ShouldContain("receives a snapshot: 512 of 1,500 bytes, 34 %");
    }

    [Fact]
    public async Task Compare_prints_each_replicas_digest_at_one_entry_and_show_prints_the_last()
    {
        var compare = await CommandLineRun.AtAsync(silo.Address, "group", "compare", "counters-1");
        var json = await CommandLineRun.AtAsync(silo.Address, "group", "compare", "counters-1", "--json");
        var show = await CommandLineRun.AtAsync(silo.Address, "group", "show", "counters-1");

        compare.ExitCode.ShouldBe(0, compare.Error);
        compare.Output.ShouldContain("all replicas of counters-1 hold the same state");
        json.ExitCode.ShouldBe(0, json.Error);
        var compared = json.Objects.ShouldHaveSingleItem();
        compared.GetProperty("verdict").GetString().ShouldBe("equal");
        var digests = compared.GetProperty("replicas").EnumerateArray()
            .Select(static replica => (replica.GetProperty("digestIndex").GetInt64(), replica.GetProperty("digest").GetString()))
            .ToList();
        digests.Count.ShouldBe(3);
        digests.Distinct().ShouldHaveSingleItem().Item1.ShouldBe(compared.GetProperty("index").GetInt64());
        show.Output.ShouldContain(digests[0].Item2![..12]);
    }

    [Fact]
    public async Task Compare_of_an_unknown_group_says_where_the_names_are()
    {
        var compare = await CommandLineRun.AtAsync(silo.Address, "group", "compare", "counters-99");

        compare.ExitCode.ShouldBe(1);
        compare.Error.ShouldContain("unknown-group");
        compare.Error.ShouldContain("oraft group list");
    }

    [Fact]
    public async Task Show_of_an_unknown_group_says_where_the_names_are()
    {
        var show = await CommandLineRun.AtAsync(silo.Address, "group", "show", "counters-99");

        show.ExitCode.ShouldBe(1);
        show.Error.ShouldContain("unknown-group");
        show.Error.ShouldContain("oraft group list");
        show.Output.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("status", "--json")]
    [InlineData("--json", "status")]
    public async Task Status_tells_that_every_group_has_a_leader(params string[] line)
    {
        var status = await CommandLineRun.AtAsync(silo.Address, line);

        status.ExitCode.ShouldBe(0, status.Error);
        var answer = status.Objects.ShouldHaveSingleItem();
        answer.GetProperty("ready").GetBoolean().ShouldBeTrue();
        answer.GetProperty("groups").GetInt32().ShouldBe(3);
        answer.GetProperty("leaderless").GetArrayLength().ShouldBe(0);
        answer.GetProperty("silos")[0].GetProperty("silo").GetString().ShouldBe("one");
        answer.GetProperty("silos")[0].GetProperty("leads").GetInt32().ShouldBe(3);
    }

    [Fact]
    public async Task The_catalogue_does_not_show_among_the_groups_but_can_be_looked_at()
    {
        var list = await CommandLineRun.AtAsync(silo.Address, "group", "list");
        var show = await CommandLineRun.AtAsync(silo.Address, "group", "show", "catalogue-0");

        list.Output.ShouldNotContain("catalogue");
        show.ExitCode.ShouldBe(0, show.Error);
        show.Output.ShouldContain("catalogue-0");
    }

    [Fact]
    public async Task Status_is_readable_too()
    {
        var status = await CommandLineRun.AtAsync(silo.Address, "status");

        status.Output.ShouldContain("3, 0 without a leader");
    }
}
