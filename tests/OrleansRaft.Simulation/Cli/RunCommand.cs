using OrleansRaft.Simulation.Running;

namespace OrleansRaft.Simulation.Cli;

/// <summary>Runs seeds and prints what became of them.</summary>
internal static class RunCommand
{
    /// <summary>Runs seeds.</summary>
    /// <param name="seed">The first.</param>
    /// <param name="count">How many.</param>
    /// <param name="untilFailure">Whether to stop after the first that fails.</param>
    /// <param name="trace">Whether to write each run's transcript to the standard error.</param>
    /// <returns>0 when all seeds passed, 1 when any failed.</returns>
    public static int Execute(ulong seed, long count, bool untilFailure, bool trace)
    {
        var failures = 0;
        foreach (var result in SeedRunner.Run(seed, count, trace))
        {
            if (trace)
            {
                Write(Console.Error, result.Story);
            }

            var shortest = result.IsOk ? null : SimulationRun.Execute(Shrinker.Shrink(result.Plan, static plan => SimulationRun.Execute(plan)), tellsStory: true);
            Console.Out.WriteLine(ResultLine.Of(result, shortest));
            if (shortest is not null)
            {
                failures++;
                WriteStory(shortest);
                if (untilFailure)
                {
                    break;
                }
            }
        }

        return failures == 0 ? 0 : 1;
    }

    /// <summary>Runs seeds until one fails.</summary>
    /// <param name="seed">The first.</param>
    /// <param name="count">How many at most.</param>
    /// <returns>What failed; null when nothing did.</returns>
    public static string? FindFailure(ulong seed, long count) =>
        SeedRunner.Run(seed, count, tellsStory: false)
            .Where(result => !result.IsOk)
            .Select(result => $"seed {result.Plan.Seed}: {result.Violation!.Property}: {result.Violation.Detail}")
            .FirstOrDefault();

    private static void WriteStory(SimulationResult shortest)
    {
        Console.Error.WriteLine($"# {shortest.Plan}");
        Console.Error.WriteLine("# The shortest schedule of faults that fails:");
        Write(Console.Error, shortest.Plan.Faults.Select(fault => $"#   {fault}"));
        Write(Console.Error, shortest.Story);
        Console.Error.WriteLine($"# Violated after {shortest.Violation!.At.TotalSeconds:0.000}s: {shortest.Violation.Property}");
        Console.Error.WriteLine($"# {shortest.Violation.Detail}");
    }

    private static void Write(TextWriter output, IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            output.WriteLine(line);
        }
    }
}
