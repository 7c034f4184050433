using System.Globalization;

namespace OrleansRaft.Benchmarks.Growth;

/// <summary>One measurement of one shape: a rate, latencies, and what each increment took.</summary>
/// <param name="PerSecond">Increments per second.</param>
/// <param name="P50">The median latency in microseconds.</param>
/// <param name="P99">The 99th percentile in microseconds.</param>
/// <param name="SiloCpu">Processor time of all silos per increment, in microseconds.</param>
/// <param name="PostgresCpu">Processor time of all PostgreSQL servers per increment, in microseconds.</param>
/// <param name="Switches">Voluntary context switches of all silos per increment.</param>
/// <param name="Calls">Calls between silos per increment.</param>
/// <param name="Frames">Messages of Raft between silos per increment.</param>
/// <param name="Transactions">Transactions that PostgreSQL committed per increment.</param>
internal sealed record GrowthSample(
    double PerSecond, double P50, double P99, double SiloCpu, double PostgresCpu, double Switches, double Calls, double Frames, double Transactions)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{PerSecond:0}/s, p50 {P50:0} us, p99 {P99:0} us, CPU {SiloCpu:0} + {PostgresCpu:0} us, {Switches:0.00} switches, {Calls:0.00} calls, "
            + $"{Frames:0.00} messages, {Transactions:0.00} transactions");
}
