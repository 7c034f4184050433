using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Runtime.Diagnostics;

namespace OrleansRaft.Grains.Admin;

/// <summary>
/// What is wrong anywhere in the cluster, as this silo finds out when it is asked: groups without a leader, and what every silo has on its board. Any
/// thread.
/// </summary>
internal sealed class ClusterAlarms(
    GroupTable groups,
    ClusterMembership silos,
    Locator locator,
    LeaderlessTimes leaderless,
    DamageAlarms damage,
    AlarmBoard board,
    ILocalSiloDetails self,
    TimeProvider time)
{
    private const int ListedMax = 1_000;
    private const int AgePerDuration = 4;
    private static readonly TimeSpan AgeMax = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private Task<IReadOnlyList<Alarm>>? gathering;
    private long gatheredAt;
    private TimeSpan age;

    /// <summary>
    /// All alarms, by kind and then the oldest first, at most 1,000; not older than a second, and than a few times as long as it takes to find out.
    /// </summary>
    public Task<IReadOnlyList<Alarm>> ListAsync(CancellationToken cancellation)
    {
        lock (gate)
        {
            if (gathering is null || (gathering.IsCompleted && (!gathering.IsCompletedSuccessfully || time.GetElapsedTime(gatheredAt) > age)))
            {
                gathering = GatherAsync();
            }

            return gathering.WaitAsync(cancellation);
        }
    }

    private async Task<IReadOnlyList<Alarm>> GatherAsync()
    {
        var since = time.GetTimestamp();
        if (!groups.IsLoaded || !silos.IsActive(self.SiloAddress))
        {
            return Remember(since, board.Active.Select(alarm => alarm with { Silo = self.Name }));
        }

        var inventory = await locator.TakeInventoryAsync();
        var stock = new ClusterInventory(silos.Active, inventory);
        leaderless.Look(stock);
        damage.ClearMended(stock);
        var now = time.GetUtcNow();
        var ofSilos =
            from place in stock.Active
            let told = inventory.GetValueOrDefault(place.Address)
            where told is not null
            from report in told.Alarms ?? []
            select report.ToAlarm(place.Name);
        return Remember(since, leaderless.Lasting(stock).Select(lasting => Leaderless(lasting.Group, now - lasting.For, stock)).Concat(ofSilos));
    }

    private IReadOnlyList<Alarm> Remember(long since, IEnumerable<Alarm> alarms)
    {
        var order = AlarmNames.All;
        IReadOnlyList<Alarm> list =
        [
            .. alarms.OrderBy(alarm => order.TakeWhile(name => name != alarm.Name).Count()).ThenBy(static alarm => alarm.Since).Take(ListedMax),
        ];
        lock (gate)
        {
            gatheredAt = time.GetTimestamp();
            var duration = time.GetElapsedTime(since) * AgePerDuration;
            age = duration < AgeMax ? duration : AgeMax;
        }

        return list;
    }

    private Alarm Leaderless(GroupEntry group, DateTimeOffset since, ClusterInventory stock)
    {
        var configuration = group.Configuration;
        var reached = configuration.Voters.Where(voter => stock.Find(group.Slot(voter)) is { IsRunning: true }).ToList();
        var missing = configuration.Voters.Except(reached).ToList();
        var hasMajority = Quorum.Count(configuration, voter => reached.Contains(voter) ? true : null) == VoteResult.Won;
        var whereabouts = reached.Count == 0
            ? ""
            : $" ({string.Join(", ", reached.Select(voter => $"{voter} on {silos.NameOf(stock.SiloOf(group.Slot(voter))!)}"))})";
        var lost = missing.Count == 0 ? "" : $"; {(missing.Count == 1 ? "replica" : "replicas")} {string.Join(", ", missing)} cannot be reached";
        return new Alarm(
            AlarmNames.Leaderless,
            group.Name,
            null,
            since,
            $"{group.Name} has no leader that can be reached: {reached.Count} of {configuration.Voters.Length} voters take part{whereabouts}{lost}.",
            hasMajority
                ? "A majority takes part and should elect within a second. If it does not, "
                    + $"look for faults put in (`oraft fault list`) and at the silos' logs; `oraft group show {group.Name}` shows each replica."
                : "Start the silos or stores of the missing replicas again: a majority of the voters must take part. "
                    + $"`oraft group show {group.Name}` shows each replica. Other groups are not affected.");
    }
}
