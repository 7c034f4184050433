namespace OrleansRaft.Integration.Tests.Cli;

/// <summary><c>oraft counter</c> against a real silo.</summary>
[Collection(OneSilo.Name)]
public sealed class CounterCommandTests(OneSilo silo)
{
    [Fact]
    public async Task Add_creates_a_counter_and_get_reads_it()
    {
        var added = await RunAsync("add", "adds", "visits", "5");
        var read = await RunAsync("get", "adds", "visits");

        added.ExitCode.ShouldBe(0, added.Error);
        added.Output.ShouldStartWith("adds/visits = 5 ");
        read.ExitCode.ShouldBe(0, read.Error);
        read.Output.ShouldStartWith("adds/visits = 5 ");
    }

    [Fact]
    public async Task Add_takes_negative_numbers_and_one_by_default()
    {
        await RunAsync("add", "signs", "balance");

        var taken = await RunAsync("add", "signs", "balance", "-4");

        taken.Output.ShouldStartWith("signs/balance = -3 ");
    }

    [Fact]
    public async Task Json_is_one_object_with_the_fields_of_the_API_and_nothing_on_stderr()
    {
        var added = await RunAsync("add", "json", "visits", "2", "--json");

        var answer = added.Objects.ShouldHaveSingleItem();
        answer.GetProperty("tenant").GetString().ShouldBe("json");
        answer.GetProperty("counter").GetString().ShouldBe("visits");
        answer.GetProperty("value").GetInt64().ShouldBe(2);
        answer.GetProperty("group").GetString()!.ShouldStartWith("counters-");
        answer.GetProperty("index").GetInt64().ShouldBeGreaterThan(0);
        answer.GetProperty("term").GetInt64().ShouldBeGreaterThan(0);
        added.Error.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_same_key_is_applied_once()
    {
        var first = await RunAsync("add", "keys", "visits", "5", "--idempotency-key", "k1");
        var second = await RunAsync("add", "keys", "visits", "5", "--idempotency-key", "k1");

        first.Output.ShouldBe(second.Output);
        (await RunAsync("get", "keys", "visits")).Output.ShouldStartWith("keys/visits = 5 ");
    }

    [Fact]
    public async Task A_key_used_for_something_else_is_a_conflict()
    {
        await RunAsync("add", "reuse", "visits", "5", "--idempotency-key", "k1");

        var reused = await RunAsync("add", "reuse", "visits", "6", "--idempotency-key", "k1");

        reused.ExitCode.ShouldBe(5);
        reused.Error.ShouldContain("key-reused");
        reused.Output.ShouldBeEmpty();
    }

    [Fact]
    public async Task Set_with_the_tag_that_was_read_succeeds_and_with_an_old_one_is_a_conflict()
    {
        var added = await RunAsync("add", "tags", "visits", "--json");
        var tag = added.Objects[0].GetProperty("index").GetRawText();

        var first = await RunAsync("set", "tags", "visits", "7", "--if-match", tag);
        var second = await RunAsync("set", "tags", "visits", "8", "--if-match", tag);

        first.ExitCode.ShouldBe(0, first.Error);
        first.Output.ShouldStartWith("tags/visits = 7 ");
        second.ExitCode.ShouldBe(5);
        second.Error.ShouldContain("precondition-failed");
    }

    [Fact]
    public async Task A_sum_beyond_64_bits_is_refused_and_changes_nothing()
    {
        await RunAsync("set", "limits", "visits", "9223372036854775807");

        var beyond = await RunAsync("add", "limits", "visits");

        beyond.ExitCode.ShouldBe(1);
        beyond.Error.ShouldContain("overflow");
        (await RunAsync("get", "limits", "visits")).Output.ShouldStartWith("limits/visits = 9223372036854775807 ");
    }

    [Fact]
    public async Task Delete_removes_a_counter_and_get_then_says_how_to_create_it()
    {
        await RunAsync("add", "gone", "visits");

        var deleted = await RunAsync("delete", "gone", "visits", "--json");
        var read = await RunAsync("get", "gone", "visits");

        deleted.ExitCode.ShouldBe(0, deleted.Error);
        deleted.Objects[0].GetProperty("deleted").GetBoolean().ShouldBeTrue();
        read.ExitCode.ShouldBe(1);
        read.Error.ShouldContain("unknown-counter");
        read.Error.ShouldContain("oraft counter add");
    }

    [Fact]
    public async Task List_prints_all_counters_of_a_tenant_or_as_many_as_asked_for()
    {
        foreach (var name in new[] { "b", "a", "c" })
        {
            await RunAsync("add", "lists", name);
        }

        var all = await RunAsync("list", "lists", "--json");
        var some = await RunAsync("list", "lists", "--json", "--after", "a", "--limit", "1");
        var table = await RunAsync("list", "lists");

        all.Objects.Select(counter => counter.GetProperty("counter").GetString()).ShouldBe(["a", "b", "c"]);
        some.Objects.ShouldHaveSingleItem().GetProperty("counter").GetString().ShouldBe("b");
        table.Output.ShouldContain("COUNTER");
    }

    [Theory]
    [InlineData("linearizable")]
    [InlineData("stale")]
    public async Task Get_reads_with_the_consistency_that_was_asked_for(string consistency)
    {
        await RunAsync("add", "reads", consistency, "3");

        var read = await RunAsync("get", "reads", consistency, "--consistency", consistency, "--json");

        read.ExitCode.ShouldBe(0, read.Error);
        read.Objects[0].GetProperty("value").GetInt64().ShouldBe(3);
    }

    [Fact]
    public async Task A_read_by_lease_is_refused_where_leases_are_off()
    {
        await RunAsync("add", "leases", "visits");

        var read = await RunAsync("get", "leases", "visits", "--consistency", "lease");

        read.ExitCode.ShouldBe(1);
        read.Error.ShouldContain("invalid-request");
    }

    private Task<CommandLineRun> RunAsync(params IEnumerable<string> arguments) =>
        CommandLineRun.AtAsync(silo.Address, arguments.Prepend("counter"));
}
