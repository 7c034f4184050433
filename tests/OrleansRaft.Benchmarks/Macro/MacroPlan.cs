namespace OrleansRaft.Benchmarks.Macro;

/// <summary>What is measured, and how thoroughly.</summary>
/// <param name="Compare">Whether the others are measured beside us.</param>
/// <param name="Groups">Over how many groups our counters are spread.</param>
/// <param name="Connections">The numbers of connections.</param>
/// <param name="Repetitions">How often everything is measured; the median counts.</param>
/// <param name="WarmUp">Before each measurement.</param>
/// <param name="Window">The length of each measurement.</param>
/// <param name="FirstWarmUp">Of all systems, before the first measurement.</param>
/// <param name="HoldMinutes">For how long one load is held at the end; 0 for not.</param>
/// <param name="ServerCollector">Whether our silos use the garbage collector for servers.</param>
/// <param name="Only">Only scenarios whose name contains this; null for all.</param>
internal sealed record MacroPlan(
    bool Compare,
    int Groups,
    IReadOnlyList<int> Connections,
    int Repetitions,
    TimeSpan WarmUp,
    TimeSpan Window,
    TimeSpan FirstWarmUp,
    int HoldMinutes,
    bool ServerCollector,
    string? Only)
{
    /// <summary>What the bars need, in about half an hour.</summary>
    public static MacroPlan Full(bool compare, int groups, bool serverCollector, string? only) => new(
        compare,
        groups,
        [1, 16, 64, 256],
        Repetitions: 3,
        TimeSpan.FromSeconds(1),
        TimeSpan.FromSeconds(3),
        TimeSpan.FromSeconds(15),
        HoldMinutes: 10,
        serverCollector,
        only);

    /// <summary>Short runs for whoever changes the code.</summary>
    public static MacroPlan Quick(bool compare, int groups, bool serverCollector, string? only) => new(
        compare,
        groups,
        [1, 64],
        Repetitions: 1,
        TimeSpan.FromSeconds(0.5),
        TimeSpan.FromSeconds(2),
        TimeSpan.FromSeconds(5),
        HoldMinutes: 0,
        serverCollector,
        only);
}
