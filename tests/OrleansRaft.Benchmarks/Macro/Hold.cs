using OrleansRaft.Benchmarks.Load;

namespace OrleansRaft.Benchmarks.Macro;

/// <summary>What holding a load showed.</summary>
/// <param name="Minutes">How long.</param>
/// <param name="PerSecond">Increments per second, minute by minute.</param>
/// <param name="P99Microseconds">The 99th percentile, minute by minute.</param>
/// <param name="MemoryMegabytes">What the silos held together, in the mean of each minute.</param>
internal sealed record HoldFigures(
    int Minutes, IReadOnlyList<double> PerSecond, IReadOnlyList<double> P99Microseconds, IReadOnlyList<double> MemoryMegabytes)
{
    private const double GrowthAllowed = 1.1;
    private const double SlowdownAllowed = 1.5;

    /// <summary>The last minute against the second; in the first everything is still getting warm.</summary>
    public IEnumerable<Bar> Bars() =>
    [
        Bar.OfCost($"memory after {Minutes} minutes of load / after two", MemoryMegabytes[^1] / MemoryMegabytes[1], GrowthAllowed, 1),
        Bar.OfCost($"p99 of the last of {Minutes} minutes of load / of the second", P99Microseconds[^1] / P99Microseconds[1], SlowdownAllowed, 1),
    ];
}

/// <summary>Holds one load for minutes, and watches memory and latency.</summary>
internal static class Hold
{
    private const int Connections = 64;

    public static async Task<HoldFigures> RunAsync(Scenario scenario, IReadOnlyList<int> silos, int minutes)
    {
        var times = new LoadTimes(TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(1), minutes);
        var load = scenario.RunAsync(Connections, times);
        await Task.WhenAny(load, Task.Delay(times.WarmUp));
        var memory = new List<double>();
        for (var minute = 0; minute < minutes && !load.IsCompleted; minute++)
        {
            memory.Add(await MeanMemoryAsync(silos, times.Window, load));
        }

        var windows = (await load).Windows;
        return new HoldFigures(
            minutes,
            [.. windows.Select(static window => Math.Round(window.PerSecond))],
            [.. windows.Select(static window => Math.Round(window.P99))],
            memory);
    }

    private static async Task<double> MeanMemoryAsync(IReadOnlyList<int> silos, TimeSpan window, Task load)
    {
        var samples = new List<double>();
        for (var until = DateTime.UtcNow + window; DateTime.UtcNow < until && !load.IsCompleted;)
        {
            samples.Add(silos.Sum(ResidentMegabytes));
            await Task.WhenAny(load, Task.Delay(TimeSpan.FromSeconds(1)));
        }

        return Math.Round(samples.Average());
    }

    private static double ResidentMegabytes(int process) =>
        long.Parse(
            File.ReadAllText($"/proc/{process}/statm").Split(' ')[1],
            System.Globalization.CultureInfo.InvariantCulture) * Environment.SystemPageSize / 1e6;
}
