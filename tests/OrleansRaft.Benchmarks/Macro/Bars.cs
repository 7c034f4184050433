namespace OrleansRaft.Benchmarks.Macro;

/// <summary>One aim: a ratio, turned so that more is better.</summary>
/// <param name="Name">What is compared.</param>
/// <param name="Ours">Our figure; null when it was not measured.</param>
/// <param name="Theirs">What it is compared with, or an absolute target; null when it is missing here.</param>
/// <param name="Ratio">How they relate.</param>
/// <param name="Goal">What the ratio should reach.</param>
internal sealed record Bar(string Name, double? Ours, double? Theirs, double? Ratio, double Goal)
{
    public bool IsMet => Ratio >= Goal;

    /// <summary>More is better: operations per second.</summary>
    public static Bar OfRate(string name, double? ours, double? theirs, double goal) => new(name, ours, theirs, ours / theirs, goal);

    /// <summary>Less is better: a latency, a growth.</summary>
    public static Bar OfCost(string name, double? ours, double? theirs, double goal) => new(name, ours, theirs, theirs / ours, goal);
}

/// <summary>The bars that figures allow to judge.</summary>
internal static class Bars
{
    private const int Connections = 64;

    public static IEnumerable<Bar> Of(IReadOnlyList<Figure> figures)
    {
        double? Rate(string system, string operation, int keys) =>
            Find(figures, system, operation, keys, Connections)?.PerSecond.Median;
        double? P50(string system, string operation, int keys) => Find(figures, system, operation, keys, 1)?.P50Microseconds.Median;

        var puts = Rate(EtcdSystem.SystemName, EtcdSystem.Put, Counters.Many);
        var gets = Rate(EtcdSystem.SystemName, EtcdSystem.Get, Counters.Many);
        var hot = Rate(OraftSystem.SystemName, OraftSystem.Increment, 1);
        var many = Rate(OraftSystem.SystemName, OraftSystem.Increment, Counters.Many);
        var plainHot = Rate(PlainGrains.SystemName, OraftSystem.Increment, 1);
        return
        [
            Bar.OfRate("HTTP increments of 1,000 counters / etcd puts, 64 connections", many, puts, 3),
            Bar.OfRate(
                "HTTP increments of 1,000 counters / etcd puts, default groups, 64 connections",
                Rate(OraftSystem.DefaultName, OraftSystem.Increment, Counters.Many),
                puts,
                2.5),
            Bar.OfRate("HTTP increments of one counter / etcd puts, 64 connections", hot, puts, 3),
            Bar.OfRate(
                "HTTP increments of one counter / etcd's correct increments of one key, 64 connections",
                hot, Rate(EtcdSystem.SystemName, EtcdSystem.Increment, 1), 100),
            Bar.OfRate("HTTP increments of one counter / one AdoNet grain, 64 connections", hot, plainHot, 10),
            Bar.OfRate(
                "HTTP linearizable reads of 1,000 counters / etcd quorum gets, 64 connections",
                Rate(OraftSystem.SystemName, OraftSystem.Read, Counters.Many),
                gets,
                3),
            Bar.OfRate(
                "HTTP linearizable reads of 1,000 counters / etcd quorum gets, default groups, 64 connections",
                Rate(OraftSystem.DefaultName, OraftSystem.Read, Counters.Many),
                gets,
                5),
            Bar.OfRate(
                "HTTP linearizable reads of one counter / etcd quorum gets, 64 connections",
                Rate(OraftSystem.SystemName, OraftSystem.Read, 1),
                gets,
                3),
            Bar.OfCost(
                "p50 in us of an HTTP increment / etcd put, one connection",
                P50(OraftSystem.SystemName, OraftSystem.Increment, Counters.Many), P50(EtcdSystem.SystemName, EtcdSystem.Put, Counters.Many), 1),
            Bar.OfCost(
                "p50 in us of an HTTP increment / etcd put, default groups, one connection",
                P50(OraftSystem.DefaultName, OraftSystem.Increment, Counters.Many),
                P50(EtcdSystem.SystemName, EtcdSystem.Put, Counters.Many),
                1.1),
            Bar.OfRate(
                "grain calls on one counter / one AdoNet grain, 64 callers", Rate(GrainCalls.SystemName, OraftSystem.Increment, 1), plainHot, 20),
            Bar.OfRate(
                "grain calls on 1,000 counters / 1,000 AdoNet grains, 64 callers",
                Rate(GrainCalls.SystemName, OraftSystem.Increment, Counters.Many),
                Rate(PlainGrains.SystemName, OraftSystem.Increment, Counters.Many),
                8),
        ];
    }

    private static Figure? Find(IReadOnlyList<Figure> figures, string system, string operation, int keys, int connections) => figures.FirstOrDefault(
        figure => figure.System == system && figure.Operation == operation && figure.Keys == keys && figure.Connections == connections);
}
