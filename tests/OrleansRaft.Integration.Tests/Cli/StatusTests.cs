namespace OrleansRaft.Integration.Tests.Cli;

/// <summary><c>oraft status</c> where something is wrong.</summary>
public sealed class StatusTests
{
    private const string Alarms =
        """[{"alarm":"leaderless","group":"counters-3","silo":null,"since":"2026-01-01T00:00:00Z","detail":"counters-3 has no """
        + """leader.","remedy":"Start its silos."},"""
        + """{"alarm":"store-full","group":null,"silo":"silo-2","since":"2026-01-02T00:00:00Z","detail":"The disk of silo-2 is """
        + """full.","remedy":"Free space."}]""";

    [Fact]
    public async Task An_alarm_is_shown_with_what_to_do_and_ends_with_1()
    {
        await using var server = Answering(Alarms);

        var status = await CommandLineRun.AtAsync(server.Address, "status");

        status.ExitCode.ShouldBe(1);
        status.Output.ShouldStartWith("alarms      2", customMessage: "what is wrong comes first");
        status.Output.ShouldContain("store-full on silo-2 since 2026-01-0");
        status.Output.ShouldContain("The disk of silo-2 is full.");
        status.Error.ShouldContain("there are 2 alarms, the first: The disk of silo-2 is full. Free space.");
        status.Output.IndexOf("store-full", StringComparison.Ordinal).ShouldBeLessThan(
            status.Output.IndexOf("leaderless", StringComparison.Ordinal), "a cause comes before what follows from it");
    }

    [Fact]
    public async Task Programs_get_the_alarms_as_they_are()
    {
        await using var server = Answering(Alarms);

        var status = await CommandLineRun.AtAsync(server.Address, "status", "--json");

        status.ExitCode.ShouldBe(1);
        var alarms = status.Objects.ShouldHaveSingleItem().GetProperty("alarms");
        alarms.GetArrayLength().ShouldBe(2);
        alarms[0].GetProperty("alarm").GetString().ShouldBe("leaderless");
        alarms[0].GetProperty("group").GetString().ShouldBe("counters-3");
        alarms[1].GetProperty("silo").GetString().ShouldBe("silo-2");
        alarms[1].GetProperty("remedy").GetString().ShouldBe("Free space.");
    }

    [Fact]
    public async Task Without_alarms_it_ends_with_0()
    {
        await using var server = Answering("[]");

        var status = await CommandLineRun.AtAsync(server.Address, "status");

        status.ExitCode.ShouldBe(0, status.Error);
        status.Output.ShouldContain("alarms      none");
    }

    [Fact]
    public async Task A_silo_that_is_not_ready_is_told_of_with_its_own_words()
    {
        await using var server = CannedServer.Answering(
            503,
            "application/problem+json",
            """{"type":"not-ready","title":"The silo is not ready.","status":503,"detail":"The log store has not answered for 2 """
                + """s.","definite":true}""");

        var status = await CommandLineRun.AtAsync(server.Address, "status");

        status.ExitCode.ShouldBe(1);
        status.Error.ShouldContain("The log store has not answered for 2 s");
    }

    /// <summary>Such as one that has just been added, or whose replicas were all moved away.</summary>
    [Fact]
    public async Task A_silo_without_a_replica_is_listed_and_one_that_is_gone_is_not()
    {
        await using var server = Answering("[]");

        var status = await CommandLineRun.AtAsync(server.Address, "status");

        status.Output.ShouldContain("idle");
        status.Output.ShouldNotContain("gone");
    }

    /// <summary>One body that answers everything that is asked: the health, the alarms, the groups and the silos.</summary>
    private static CannedServer Answering(string alarms) => CannedServer.Answering(
        200,
        "application/json",
        $$"""
        {"status":"ready","alarms":{{alarms}},"groups":[],"next":null,"level":1,"reachable":1,"automatic":true,"silos":[
            {"silo":"idle","newest":1,"active":true,"program":"1"},{"silo":"gone","newest":1,"active":false,"program":"1"}]}
        """);
}
