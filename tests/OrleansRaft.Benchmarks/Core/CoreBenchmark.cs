using OrleansRaft.Benchmarks.Macro;

namespace OrleansRaft.Benchmarks.Core;

/// <summary>Three replicas in one process.</summary>
/// <param name="Name">With what around them.</param>
/// <param name="Outstanding">How many proposals are unanswered at a time.</param>
/// <param name="PerSecond">Proposals that were applied per second.</param>
/// <param name="BytesPerProposal">What all three replicas allocate for one.</param>
internal sealed record CoreFigure(string Name, int Outstanding, Spread PerSecond, double BytesPerProposal)
{
    /// <summary>Proposals that were applied for each second of processor time.</summary>
    public required double PerCpuSecond { get; init; }
}

/// <summary>Core without network: what the algorithm itself costs, and what the store adds.</summary>
internal static class CoreBenchmark
{
    public const string Alone = "Core, no storage, one core";
    public const string Stored = "drivers and state machines on SQLite's group commit";

    private const double Target = 1_000_000;
    private const int JudgedAt = 1_024;
    private static readonly int[] Outstanding = [1, 64, JudgedAt, 4_096];

    public static async Task<IReadOnlyList<CoreFigure>> RunAsync(int repetitions, TimeSpan time, bool withStore = true)
    {
        var figures = new List<CoreFigure>();
        foreach (var outstanding in Outstanding)
        {
            figures.Add(await RepeatAsync(Alone, outstanding, repetitions, () => Task.Run(() => CoreGroup.Run(outstanding, time))));
        }

        foreach (var outstanding in withStore ? Outstanding : [])
        {
            figures.Add(await RepeatAsync(Stored, outstanding, repetitions, () => DriverGroup.RunAsync(outstanding, time)));
        }

        return figures;
    }

    public static IEnumerable<Bar> Bars(IReadOnlyList<CoreFigure> figures) =>
        [
            Bar.OfRate(
                "proposals/s of Core in one process, three replicas, no storage, 1,024 outstanding",
                figures.First(static figure => figure is { Name: Alone, Outstanding: JudgedAt }).PerSecond.Median,
                Target,
                1),
        ];

    private static async Task<CoreFigure> RepeatAsync(string name, int outstanding, int repetitions, Func<Task<CoreRun>> run)
    {
        var runs = new List<CoreRun> { await run() };
        for (runs.Clear(); runs.Count < repetitions;)
        {
            runs.Add(await run());
        }

        return new CoreFigure(
            name,
            outstanding,
            Spread.Of(runs.Select(static one => one.PerSecond)),
            Math.Round(runs.Average(static one => one.BytesPerProposal), 1))
        {
            PerCpuSecond = Math.Round(1e6 / Spread.Of(runs.Select(static one => one.CpuMicroseconds)).Median),
        };
    }
}

/// <summary>One run.</summary>
internal sealed record CoreRun(double PerSecond, double BytesPerProposal)
{
    /// <summary>Processor time of this process for each proposal.</summary>
    public double CpuMicroseconds { get; init; }
}
