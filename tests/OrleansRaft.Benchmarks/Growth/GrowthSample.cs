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
/// <param name="Frames">Frames in them per increment: messages of Raft, requests, replies.</param>
/// <param name="Turns">Turns of replicas per increment.</param>
/// <param name="WorkItems">Work items of the silos' thread pools per increment.</param>
/// <param name="Kilobytes">What the silos allocate per increment, in KB.</param>
/// <param name="Writes">Writes of replicas per increment: three where each round of replication carries one.</param>
/// <param name="Transactions">Transactions that PostgreSQL committed per increment.</param>
/// <param name="Rows">Rows that PostgreSQL inserted, updated and deleted per increment.</param>
/// <param name="HotShare">Which part of the updates needed no new entry in an index, from 0 to 1.</param>
internal sealed record GrowthSample(
    double PerSecond,
    double P50,
    double P99,
    double SiloCpu,
    double PostgresCpu,
    double Switches,
    double Calls,
    double Frames,
    double Turns,
    double WorkItems,
    double Kilobytes,
    double Writes,
    double Transactions,
    double Rows,
    double HotShare)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{PerSecond:0}/s, p50 {P50:0} us, p99 {P99:0} us, CPU {SiloCpu:0} + {PostgresCpu:0} us, {Switches:0.00} switches, {Calls:0.00} calls, "
            + $"{Frames:0.00} frames, {Turns:0.00} turns, {WorkItems:0.0} work items, {Kilobytes:0.0} KB, {Writes:0.00} writes, "
            + $"{Transactions:0.00} transactions, {Rows:0.00} rows ({HotShare:0%} hot)");
}
