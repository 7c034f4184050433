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

            var shortest = result.IsOk
                ? null
                : SimulationRun.Execute(Shrinker.Shrink(result.Plan, static plan => SimulationRun.Execute(plan)), tellsStory: true);
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

    /// <summary>Runs seeds until one fails, from several first seeds.</summary>
    /// <param name="firstSeeds">The first seeds.</param>
    /// <param name="count">How many seeds from each at most.</param>
    /// <returns>For each first seed, how many seeds it took; 0 when none failed.</returns>
    public static long[] CountUntilFailure(ulong[] firstSeeds, long count) =>
    [
        .. firstSeeds.Select(first => SeedRunner.Run(first, count, tellsStory: false)
            .Select((result, place) => result.IsOk ? 0 : place + 1L)
            .FirstOrDefault(took => took > 0)),
    ];

    /// <summary>Runs seeds.</summary>
    /// <returns>A line for each; those that failed are not reduced.</returns>
    public static string[] LinesOf(ulong seed, long count) =>
        [.. SeedRunner.Run(seed, count, tellsStory: false).Select(result => ResultLine.Of(result, result.IsOk ? null : result))];

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
