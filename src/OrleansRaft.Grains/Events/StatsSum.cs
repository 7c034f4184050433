using System.Numerics;
using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.Events;

/// <summary>Puts what the silos do together, once a second.</summary>
internal sealed class StatsSum(GroupTable groups, TimeProvider time)
{
    private const int GroupsMax = 1_000;
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private long lastTaken = time.GetTimestamp();

    /// <summary>The sum, when a second has passed; null before.</summary>
    public StatsEvent? TryTake(IEnumerable<SiloEventStream> sources)
    {
        var elapsed = time.GetElapsedTime(lastTaken);
        if (elapsed < Second)
        {
            return null;
        }

        var told = new List<(string Name, SiloStats Stats)>();
        foreach (var source in sources)
        {
            if (source.Stats is { } stats)
            {
                told.Add((source.Name, stats));
            }
        }

        if (told.Count == 0)
        {
            return null;
        }

        lastTaken = time.GetTimestamp();
        return Sum(elapsed.TotalSeconds, told);
    }

    private StatsEvent Sum(double seconds, List<(string Name, SiloStats Stats)> told)
    {
        var latencies = new int[told[0].Stats.Latencies.Length];
        var led = new byte[(groups.Groups.Count + 7) / 8];
        var busy = new List<GroupStats>();
        foreach (var (_, stats) in told)
        {
            for (var bucket = 0; bucket < latencies.Length; bucket++)
            {
                latencies[bucket] += stats.Latencies[bucket];
            }

            for (var place = 0; place < Math.Min(led.Length, stats.Led.Length); place++)
            {
                led[place] |= stats.Led[place];
            }

            busy.AddRange(stats.Groups);
        }

        busy.Sort(static (one, other) => other.CommitsPerSecond.CompareTo(one.CommitsPerSecond));
        return new StatsEvent(
            seconds,
            told.Sum(static silo => silo.Stats.Commits / silo.Stats.Seconds),
            latencies.Sum() / told.Average(static silo => silo.Stats.Seconds),
            LatencyCounts.PercentileMilliseconds(latencies, 0.5),
            LatencyCounts.PercentileMilliseconds(latencies, 0.99),
            groups.Groups.Count - led.Sum(static bits => BitOperations.PopCount(bits)),
            [
                .. told.Select(
                    static silo => new SiloActivity(silo.Name, silo.Stats.Replicas, silo.Stats.Leaders, silo.Stats.Commits / silo.Stats.Seconds)),
            ],
            [.. busy.Take(GroupsMax)],
            Math.Max(0, busy.Count - GroupsMax) + told.Sum(static silo => silo.Stats.GroupsLeftOut));
    }
}
