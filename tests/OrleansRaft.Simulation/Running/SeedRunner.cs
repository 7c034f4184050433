using System.Collections.Concurrent;

namespace OrleansRaft.Simulation.Running;

/// <summary>
/// Runs seeds on all cores, each in one thread from its first step to its last, and hands the results over in the order of the seeds.
/// </summary>
internal static class SeedRunner
{
    public static IEnumerable<SimulationResult> Run(ulong firstSeed, long count, bool tellsStory) =>
        Partitioner.Create(Seeds(firstSeed, count), EnumerablePartitionerOptions.NoBuffering)
            .AsParallel()
            .AsOrdered()
            .WithDegreeOfParallelism(Environment.ProcessorCount)
            .WithMergeOptions(ParallelMergeOptions.NotBuffered)
            .Select(seed => SimulationRun.Execute(PlanGenerator.Make(seed), tellsStory));

    private static IEnumerable<ulong> Seeds(ulong first, long count)
    {
        for (long i = 0; i < count; i++)
        {
            yield return unchecked(first + (ulong)i);
        }
    }
}
