namespace OrleansRaft.Integration.Tests.Cli;

/// <summary><c>oraft lab</c>: no server is needed.</summary>
public sealed class LabCommandTests
{
    [Fact]
    public async Task List_as_json_is_one_scenario_per_line_and_each_can_be_run()
    {
        var list = await CommandLineRun.RunAsync("lab", "list", "--json");

        list.ExitCode.ShouldBe(0, list.Error);
        list.Objects.Count.ShouldBeGreaterThanOrEqualTo(10);
        foreach (var name in list.Objects.Select(scenario => scenario.GetProperty("name").GetString()!))
        {
            var run = await CommandLineRun.RunAsync("lab", "run", name);
            run.ExitCode.ShouldBe(0, run.Output);
            run.Output.ShouldContain($"{name} ended as expected");
            run.Error.ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Run_as_json_is_one_object_per_line_and_ends_with_the_verdict()
    {
        var run = await CommandLineRun.RunAsync("lab", "run", "partition", "--json");

        run.ExitCode.ShouldBe(0, run.Error);
        run.Objects.ShouldContain(line => line.GetProperty("kind").GetString() == "caption");
        run.Objects[^1].GetProperty("kind").GetString().ShouldBe("end");
        run.Objects[^1].GetProperty("asExpected").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Captions_come_in_chinese_too()
    {
        var run = await CommandLineRun.RunAsync("lab", "run", "replication", "--language", "zh");

        run.ExitCode.ShouldBe(0, run.Error);
        run.Output.ShouldContain("客户端");
    }

    [Fact]
    public async Task An_unknown_scenario_is_a_mistake_of_use_with_a_suggestion()
    {
        var run = await CommandLineRun.RunAsync("lab", "run", "replcation");

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain("Did you mean 'replication'?");
        run.Error.ShouldContain("oraft lab list");
        run.Output.ShouldBeEmpty();
    }
}
