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
        run.Output.ShouldNotContain("term");
        run.Output.ShouldContain("符合预期");
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

    [Fact]
    public async Task Changes_of_a_visitor_are_played_too_and_its_end_may_be_another()
    {
        var changed = await CommandLineRun.RunAsync(
            "lab", "run", "first-election", "--changes", """{"interventions":[{"at":10,"stop":["B","C"]}],"settings":null}""", "--json");

        changed.ExitCode.ShouldBe(1, changed.Error);
        changed.Objects[^1].GetProperty("asExpected").GetBoolean().ShouldBeFalse();
    }

    [Theory]
    [InlineData("""{"interventions":[{"at":10,"stop":["Z"]}]}""", "interventions[0].stop")]
    [InlineData("""{"settings":{"electionTicksMin":0}}""", "settings.electionTicksMin")]
    [InlineData("""{"steps":[]}""", "steps")]
    [InlineData("{", "is not JSON at line 1")]
    public async Task A_mistake_in_the_changes_is_named_by_its_place(string changes, string expected)
    {
        var run = await CommandLineRun.RunAsync("lab", "run", "first-election", "--changes", changes);

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain(expected);
        run.Output.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(
        """{"name":"mine","title":{"en":"m","zh":"m"},"about":{"en":"m","zh":"m"},"nodes":["A"],"steps":[{"until":{"leader":"A"}}]}""",
        0,
        "mine ended as expected")]
    [InlineData(
        """{"name":"mine","title":{"en":"m","zh":"m"},"about":{"en":"m","zh":"m"},"nodes":["A"],"steps":[{"cut":["A","B"]}]}""", 2, "steps[0].cut")]
    [InlineData("{\n  nodes", 2, "is not JSON at line 2")]
    public async Task A_scenario_in_a_file_is_played_and_a_mistake_in_it_is_named_by_its_place(string text, int exitCode, string expected)
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("oraft-lab-").FullName, "mine.json");
        await File.WriteAllTextAsync(path, text, TestContext.Current.CancellationToken);

        var run = await CommandLineRun.RunAsync("lab", "run", path);

        run.ExitCode.ShouldBe(exitCode, run.Error);
        (run.Output + run.Error).ShouldContain(expected);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public async Task A_file_that_does_not_exist_is_a_mistake_of_use()
    {
        var run = await CommandLineRun.RunAsync("lab", "run", "./nothing-like-it.json");

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain("cannot be read");
    }
}
