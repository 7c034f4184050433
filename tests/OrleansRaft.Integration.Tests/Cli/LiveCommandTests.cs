namespace OrleansRaft.Integration.Tests.Cli;

/// <summary><c>oraft watch</c>, <c>fault</c>, <c>group log</c>, <c>group transfer</c> and <c>counter watch</c> against a real silo.</summary>
[Collection(OneSilo.Name)]
public sealed class LiveCommandTests(OneSilo silo)
{
    [Fact]
    public async Task Watch_as_json_begins_with_the_whole_cluster_and_ends_in_time()
    {
        // It ends after its time, whether it had an answer or not: on a machine that is slow it is given more.
        CommandLineRun watch;
        var seconds = 2;
        do
        {
            watch = await CommandLineRun.AtAsync(silo.Address, "watch", "--json", "--seconds", $"{seconds}");
            watch.ExitCode.ShouldBe(0, watch.Error);
            seconds *= 3;
        }
        while (watch.Objects.Count == 0);

        watch.Objects[0].GetProperty("type").GetString().ShouldBe("snapshot");
        watch.Objects[0].GetProperty("groups").GetArrayLength().ShouldBe(3);
    }

    [Fact]
    public async Task Watch_of_an_unknown_group_says_where_the_names_are()
    {
        var watch = await CommandLineRun.AtAsync(silo.Address, "watch", "--group", "nothing", "--seconds", "600");

        watch.ExitCode.ShouldBe(1);
        watch.Error.ShouldContain("unknown-group");
        watch.Error.ShouldContain("oraft group list");
    }

    [Fact]
    public async Task Faults_are_refused_where_they_are_off_and_the_refusal_says_what_to_do()
    {
        var pause = await CommandLineRun.AtAsync(silo.Address, "fault", "pause", "counters-0/leader", "--for", "5");
        var list = await CommandLineRun.AtAsync(silo.Address, "fault", "list");

        pause.ExitCode.ShouldBe(1);
        pause.Error.ShouldContain("faults-disabled");
        pause.Error.ShouldContain("oraft demo");
        list.ExitCode.ShouldBe(0, list.Error);
        list.Output.ShouldContain("off on this cluster");
    }

    [Fact]
    public async Task A_replica_that_is_no_number_is_a_mistake_of_use()
    {
        var slow = await CommandLineRun.AtAsync(silo.Address, "fault", "slow", "counters-0/first", "100");

        slow.ExitCode.ShouldBe(2);
        slow.Error.ShouldContain("'first'");
    }

    [Fact]
    public async Task A_mistyped_word_is_answered_with_the_word_that_was_meant()
    {
        var mistyped = await CommandLineRun.RunAsync("fault", "isolte", "silo-1");

        mistyped.ExitCode.ShouldBe(2);
        mistyped.Error.ShouldContain("Did you mean 'isolate'?");
    }

    [Fact]
    public async Task Log_prints_entries_in_words_and_as_json()
    {
        var add = await CommandLineRun.AtAsync(silo.Address, "counter", "add", "log", "visits", "7", "--json");
        var group = add.Objects.ShouldHaveSingleItem().GetProperty("group").GetString()!;
        var index = add.Objects[0].GetProperty("index").GetInt64();

        var log = await CommandLineRun.AtAsync(silo.Address, "group", "log", group, "--after", $"{index - 1}", "--limit", "1", "--json");
        var words = await CommandLineRun.AtAsync(silo.Address, "group", "log", group, "--after", $"{index - 1}");

        log.Objects.ShouldHaveSingleItem().GetProperty("text").GetString()!.ShouldContain("log/visits");
        words.ExitCode.ShouldBe(0, words.Error);
        words.Output.ShouldContain("increment log/visits by 7");
    }

    [Fact]
    public async Task Transfer_hands_leadership_to_another_replica()
    {
        var before = (await CommandLineRun.AtAsync(silo.Address, "group", "show", "counters-2", "--json")).Objects.ShouldHaveSingleItem()
            .GetProperty("leader")
            .GetInt64();

        var transfer = await CommandLineRun.AtAsync(silo.Address, "group", "transfer", "counters-2", "--json");

        transfer.ExitCode.ShouldBe(0, transfer.Error);
        transfer.Objects.ShouldHaveSingleItem().GetProperty("leader").GetInt64().ShouldNotBe(before);
    }

    [Fact]
    public async Task Watching_a_counter_prints_each_value_once()
    {
        await CommandLineRun.AtAsync(silo.Address, "counter", "set", "live", "watched", "1");
        var watching = CommandLineRun.AtAsync(silo.Address, "counter", "watch", "live", "watched", "--changes", "2", "--json");
        while (!watching.IsCompleted)
        {
            await CommandLineRun.AtAsync(silo.Address, "counter", "add", "live", "watched");
        }

        var values = (await watching).Objects.Select(counter => counter.GetProperty("value").GetInt64()).ToList();
        values.Count.ShouldBe(2);
        values[1].ShouldBeGreaterThan(values[0]);
    }
}
