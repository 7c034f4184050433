using System.Globalization;
using System.Text.Json;

namespace OrleansRaft.Benchmarks.Idle;

/// <summary>What was measured, summed over the silos.</summary>
internal sealed record IdleFigures
{
    public required int Groups { get; init; }

    public required int Replicas { get; init; }

    /// <summary>From the start of the processes until every silo was ready.</summary>
    public required double ReadySeconds { get; init; }

    /// <summary>From then until every replica slept.</summary>
    public required double AsleepSeconds { get; init; }

    /// <summary>Processor time of all silos from their start until then, which a busy machine stretches less than the clock's.</summary>
    public required double StartCpuSeconds { get; init; }

    public required Cost Idle { get; init; }

    public required Cost Active { get; init; }

    /// <summary>Increments per second while 1 % was active.</summary>
    public required double WritesPerSecond { get; init; }

    /// <summary>The machine's load over the last minute, when it ended: what else ran counts.</summary>
    public required string Load { get; init; }

    public string ToJson() => JsonSerializer.Serialize(new
    {
        groups = Groups,
        replicas = Replicas,
        ready_s = Round(ReadySeconds),
        asleep_s = Round(AsleepSeconds),
        start_cpu_s = Round(StartCpuSeconds),
        idle_cpu_cores = Round(Idle.CpuCores),
        active_cpu_cores = Round(Active.CpuCores),
        memory_mb = Round(Idle.MemoryMegabytes),
        active_memory_mb = Round(Active.MemoryMegabytes),
        messages_per_s = Round(Idle.MessagesPerSecond),
        active_messages_per_s = Round(Active.MessagesPerSecond),
        calls_per_s = Round(Idle.CallsPerSecond),
        active_calls_per_s = Round(Active.CallsPerSecond),
        active_writes_per_s = Round(WritesPerSecond),
        load = Load,
    });

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        {Groups} groups, {Replicas} replicas; ready after {ReadySeconds:0.0} s, all asleep {AsleepSeconds:0.0} s later, for {StartCpuSeconds:0.0} s of processor time; load of the machine {Load}
                   CPU, cores   memory, MB   messages/s   calls between silos/s
        idle       {Idle.CpuCores,10:0.000}   {Idle.MemoryMegabytes,10:0}   {Idle.MessagesPerSecond,10:0.0}   {Idle.CallsPerSecond,10:0.0}
        1 % active {Active.CpuCores,10:0.000}   {Active.MemoryMegabytes,10:0}   {Active.MessagesPerSecond,10:0.0}   {Active.CallsPerSecond,10:0.0}   ({WritesPerSecond:0} writes/s)
        """);

    private static double Round(double value) => Math.Round(value, 4);

    /// <summary>What the silos cost for a while.</summary>
    /// <param name="CpuCores">Seconds of processor time per second.</param>
    /// <param name="MemoryMegabytes">Resident memory at the end, in MB of 10^6 bytes.</param>
    /// <param name="MessagesPerSecond">Messages of replicas to replicas on other silos.</param>
    /// <param name="CallsPerSecond">Calls between silos that carried them, and beats.</param>
    internal sealed record Cost(double CpuCores, double MemoryMegabytes, double MessagesPerSecond, double CallsPerSecond);
}
