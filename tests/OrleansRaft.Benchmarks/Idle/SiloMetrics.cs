using System.Globalization;

namespace OrleansRaft.Benchmarks.Idle;

/// <summary>Some of what a silo tells at <c>/metrics</c>.</summary>
/// <param name="Messages">Messages that its replicas sent to other silos.</param>
/// <param name="Calls">Calls to other silos that carried them, and beats.</param>
/// <param name="Replicas">How many replicas run there.</param>
/// <param name="Asleep">How many of those sleep.</param>
internal readonly record struct SiloMetrics(double Messages, double Calls, double Replicas, double Asleep)
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(20) };

    public static async Task<SiloMetrics> ReadAsync(Uri silo)
    {
        var lines = (await Http.GetStringAsync(new Uri(silo, "/metrics"))).Split('\n');
        return new SiloMetrics(
            Sum(lines, "raft_lane_messages"), Sum(lines, "raft_lane_calls"), Sum(lines, "raft_replicas"), Sum(lines, "raft_replicas_quiescent"));
    }

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
