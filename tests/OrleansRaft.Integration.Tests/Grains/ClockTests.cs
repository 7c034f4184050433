using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using OrleansRaft.Runtime;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>A silo's wall clock is wrong.</summary>
[Collection(nameof(ThreeSilos))]
public sealed class ClockTests(ThreeSilos fixture)
{
    private static readonly TimeSpan Wrong = TimeSpan.FromHours(3);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RaftTestCluster Cluster => fixture.Cluster;

    /// <summary>Of the silo whose clock is set wrong.</summary>
    private InProcessSiloHandle Silo => Cluster.Silos[^1];

    private WallClock Clock => Silo.ServiceProvider.GetRequiredService<WallClock>();

    [Fact]
    [Trait("alarm", AlarmNames.ClockAhead)]
    public async Task A_silo_whose_clock_is_wrong_is_named_until_it_is_set()
    {
        Clock.Offset = Wrong;
        try
        {
            await RaftTestCluster.EventuallyAsync(async () => await AlarmAsync() is { } detail
                ? detail.Contains($"The wall clock of silo '{Silo.Name}' is more than 60 s from most others'", StringComparison.Ordinal)
                    ? null
                    : detail
                : "no alarm");
        }
        finally
        {
            Clock.Offset = TimeSpan.Zero;
        }

        await RaftTestCluster.EventuallyAsync(AlarmAsync);
    }

    [Fact]
    public async Task A_leader_whose_clock_is_wrong_tells_grains_what_most_clocks_say()
    {
        var group = $"{Purse.Set}-{KeyHash.GroupOf("now", ThreeSilos.MoneyGroups)}";
        var purse = Cluster.Client.GetReplicatedGrain<IPurse>("now");
        Clock.Offset = Wrong;
        try
        {
            var replica = (await Cluster.Admin.GetGroupAsync(group, Token))!.Replicas.Single(replica => replica.Silo == Silo.Name).Replica;
            await RaftTestCluster.EventuallyAsync(async () =>
                await Cluster.Admin.TransferLeadershipAsync(group, replica, Token) is Committed<ReplicaId> ? null : "it does not lead");

            (await purse.Now()).ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(10));
        }
        finally
        {
            Clock.Offset = TimeSpan.Zero;
        }
    }

    /// <summary>What the alarm says, if there is one, after members have told their clocks with their acknowledgements.</summary>
    private async Task<string?> AlarmAsync()
    {
        await Cluster.AddAsync("clock", 1);
        return (await Cluster.Admin.ListAlarmsAsync(Token))
            .FirstOrDefault(static alarm => alarm.Name == AlarmNames.ClockAhead)?.Detail;
    }
}
