using System.Diagnostics;
using System.Text.Json;
using Microsoft.CodeAnalysis;
using OrleansRaft.Simulation.Cli;
using OrleansRaft.Simulation.Mutants;

namespace OrleansRaft.Simulation.Tests;

/// <summary>A seed is worth nothing unless it does the same again, wherever it is run.</summary>
public sealed class ReproductionTests
{
    private const ulong Seed = 77;
    private const int Count = 3;

    [Fact]
    public async Task Two_processes_print_the_same_lines()
    {
        var other = await RunAsync("run", "--seed", $"{Seed}", "--count", $"{Count}");

        other.ExitCode.ShouldBe(0);
        other.Output.ShouldBe(RunCommand.LinesOf(Seed, Count));
    }

    [Fact]
    public void Debug_and_Release_print_the_same_lines()
    {
        var debug = MutantHost.LinesOf(OptimizationLevel.Debug, Seed, Count);

        debug.ShouldBe(MutantHost.LinesOf(OptimizationLevel.Release, Seed, Count));
        debug.ShouldBe(RunCommand.LinesOf(Seed, Count));
    }

    [Fact]
    public async Task A_failure_is_told_as_a_story_and_ends_the_run_that_waits_for_it()
    {
        var run = await RunAsync("run", "--seed", "1", "--count", "2000", "--mutant", "quorum-off-by-one", "--until-failure");

        run.ExitCode.ShouldBe(1);
        var lines = run.Output.Select(line => JsonDocument.Parse(line).RootElement).ToList();
        lines.SkipLast(1).ShouldAllBe(line => line.GetProperty("ok").GetBoolean());
        lines[^1].GetProperty("ok").GetBoolean().ShouldBeFalse();
        lines[^1].GetProperty("property").GetString().ShouldNotBeNullOrEmpty();
        lines[^1].GetProperty("story").GetArrayLength().ShouldBeGreaterThan(2);
    }

    [Fact]
    public async Task A_mutant_that_does_not_exist_is_refused()
    {
        var run = await RunAsync("run", "--mutant", "nobody-wrote-this");

        run.ExitCode.ShouldBe(2);
        run.Errors.ShouldContain("nobody-wrote-this");
    }

    private static async Task<(int ExitCode, string[] Output, string Errors)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(typeof(RunCommand).Assembly.Location);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output.Split('\n', StringSplitOptions.RemoveEmptyEntries), await errors);
    }
}
