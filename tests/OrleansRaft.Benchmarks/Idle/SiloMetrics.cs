using System.Globalization;

namespace OrleansRaft.Benchmarks.Idle;

/// <summary>Some of what a silo tells at <c>/metrics</c>.</summary>
/// <param name="Messages">Messages that its replicas sent to other silos.</param>
/// <param name="Calls">Calls to other silos that carried them, and beats.</param>
/// <param name="Replicas">How many replicas run there.</param>
/// <param name="Asleep">How many of those sleep.</param>
/// <param name="Turns">Turns that its replicas took.</param>
/// <param name="Writes">Writes of its replicas that became durable.</param>
/// <param name="WorkItems">Work items that its thread pool ran.</param>
/// <param name="AllocatedBytes">Bytes that it allocated.</param>
internal readonly record struct SiloMetrics(
    double Messages, double Calls, double Replicas, double Asleep, double Turns, double Writes, double WorkItems, double AllocatedBytes)
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(20) };

    public static async Task<SiloMetrics> ReadAsync(Uri silo)
    {
        var lines = (await Http.GetStringAsync(new Uri(silo, "/metrics"))).Split('\n');
        return new SiloMetrics(
            Sum(lines, "raft_lane_messages"),
            Sum(lines, "raft_lane_calls"),
            Sum(lines, "raft_replicas"),
            Sum(lines, "raft_replicas_quiescent"),
            Sum(lines, "raft_turns"),
            Sum(lines, "raft_storage_append_duration_seconds_count"),
            Sum(lines, "dotnet_thread_pool_work_item_count"),
            Sum(lines, "dotnet_gc_heap_total_allocated_bytes"));
    }

    /// <summary>What several silos tell, together.</summary>
    public static SiloMetrics Sum(IReadOnlyCollection<SiloMetrics> silos) => new(
        silos.Sum(static silo => silo.Messages),
        silos.Sum(static silo => silo.Calls),
        silos.Sum(static silo => silo.Replicas),
        silos.Sum(static silo => silo.Asleep),
        silos.Sum(static silo => silo.Turns),
        silos.Sum(static silo => silo.Writes),
        silos.Sum(static silo => silo.WorkItems),
        silos.Sum(static silo => silo.AllocatedBytes));

    /// <summary>What happened between two readings; how many replicas there are is as the later one tells.</summary>
    public static SiloMetrics Between(SiloMetrics before, SiloMetrics after) => after with
    {
        Messages = after.Messages - before.Messages,
        Calls = after.Calls - before.Calls,
        Turns = after.Turns - before.Turns,
        Writes = after.Writes - before.Writes,
        WorkItems = after.WorkItems - before.WorkItems,
        AllocatedBytes = after.AllocatedBytes - before.AllocatedBytes,
    };

    private static double Sum(string[] lines, string instrument) => lines
        .Where(line => NameOf(line) is { } name && (name == instrument || name == $"{instrument}_total"))
        .Sum(ValueOf);

    private static string NameOf(string line) => line.StartsWith('#') ? "" : line.Split('{', ' ')[0];

    // "name value" or "name{labels} value", and perhaps a timestamp.
    private static double ValueOf(string line)
    {
        var end = Math.Max(line.LastIndexOf('}'), line.IndexOf(' ', StringComparison.Ordinal));
        return double.Parse(line[(end + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture);
    }
}
