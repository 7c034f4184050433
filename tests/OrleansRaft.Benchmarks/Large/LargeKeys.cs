using System.Diagnostics;
using System.Globalization;

namespace OrleansRaft.Benchmarks.Large;

/// <summary>The keys of one group: what each takes on a replica, and how long a request waits while snapshots are taken.</summary>
/// <param name="table">Where figures go.</param>
/// <param name="kind">What is kept under a key.</param>
/// <param name="count">How many keys.</param>
/// <param name="length">For how long they are written to at least.</param>
internal sealed class LargeKeys(LargeTable table, LargeKind kind, int count, TimeSpan length)
{
    private const int Callers = 64;

    private string Group => $"{kind.Set}-0";

    public async Task RunAsync()
    {
        await using var cluster = await LargeCluster.StartAsync(3, kind.Settings, Group);
        var before = await CollectAsync(cluster);
        await Console.Error.WriteLineAsync($"making {count:N0} {kind.Name}s");
        var next = -1;
        var made = await GapMeter.RunAsync(
            4 * Callers,
            caller => WriteAsync(cluster, caller, Math.Min(count - 1, Interlocked.Increment(ref next))),
            () => Volatile.Read(ref next) >= count);
        await Console.Error.WriteLineAsync($"{made}");
        var status = await cluster.WaitAsync(Group, IsEqual, "replicas apply what is committed");
        var after = await CollectAsync(cluster);
        var names = Enumerable.Range(0, Math.Min(count, 100_000)).Average(number => (double)NameOf(number).Length);

        // Each writes to some key, as long as it takes until every replica has a later snapshot.
        var first = status;
        var isOver = false;
        var began = Stopwatch.GetTimestamp();
        var loading = GapMeter.RunAsync(Callers, caller => WriteAsync(cluster, caller, Random.Shared.Next(count)), () => Volatile.Read(ref isOver));
        status = await cluster.WaitAsync(
            Group,
            now => Stopwatch.GetElapsedTime(began) >= length
                && now.Replicas.All(replica => replica.Snapshot > first.Replicas.Max(static other => other.Snapshot)),
            "snapshots are taken");
        Volatile.Write(ref isOver, true);
        var loaded = await loading;
        await Console.Error.WriteLineAsync($"{loaded}");
        await cluster.TellGapsAsync(loaded);

        table.Told($"{kind.Name}s of one group, with names of {names:0.0} bytes", count, "");
        table.Below(
            $"bytes a {kind.Name} takes on a replica{(kind.CountsNames ? ", name and all" : " beyond its name")}",
            (after - before).Max() / count - (kind.CountsNames ? 0 : names),
            kind.BytesMax,
            "B");
        table.Below(
            $"the longest write to a {kind.Name} while they are made and snapshots taken", made.Longest.TotalMilliseconds, kind.LongestMax, "ms");
        table.Below(
            $"the longest write to a {kind.Name} under load, over a snapshot of each "
                + "replica", loaded.Longest.TotalMilliseconds, kind.LongestMax, "ms");
        table.Told($"the longest time without a write to any {kind.Name} under that load", loaded.Gap.TotalMilliseconds, "ms");
        table.Told($"writes to {kind.Name}s per second of that load", loaded.PerSecond, "");
        table.Below($"writes to {kind.Name}s that failed", made.Failed + loaded.Failed, 0, "");
    }

    private static bool IsEqual(LargeStatus status) =>
        status.Leader != 0 && status.Replicas.Select(static replica => replica.Applied).Distinct().Count() == 1;

    private static string NameOf(int number) => string.Create(CultureInfo.InvariantCulture, $"tenant-{number % 97}/counter-{number}");

    private Task WriteAsync(LargeCluster cluster, int caller, int number) =>
        kind.WriteAsync(cluster.Grains(caller % cluster.Clients.Count), NameOf(number));

    private static async Task<Heaps> CollectAsync(LargeCluster cluster)
    {
        var heaps = new double[cluster.Clients.Count];
        for (var silo = 0; silo < heaps.Length; silo++)
        {
            heaps[silo] = await cluster.Grains(silo).GetGrain<ILargeView>(0).CollectAsync();
        }

        return new Heaps(heaps);
    }

    private readonly record struct Heaps(double[] Bytes)
    {
        public static Heaps operator -(Heaps left, Heaps right) => new([.. left.Bytes.Zip(right.Bytes, static (one, other) => one - other)]);

        public double Max() => Bytes.Max();
    }
}
