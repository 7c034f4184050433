using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Runtime.Diagnostics;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>A silo's wall clock is wrong.</summary>
[Collection(nameof(ThreeSilos))]
public sealed class ClockTests(ThreeSilos fixture)
{
    private static readonly TimeSpan Wrong = TimeSpan.FromHours(3);

    private RaftTestCluster Cluster => fixture.Cluster;

    [Fact]
    [Trait("alarm", AlarmNames.ClockAhead)]
    public async Task A_silo_whose_clock_is_wrong_is_named_until_it_is_set()
    {
        var silo = Cluster.Silos[^1];
        var clock = (ThreeSilos.WallClock)silo.ServiceProvider.GetRequiredService<TimeProvider>();
        clock.Offset = Wrong;
        try
        {
            await RaftTestCluster.EventuallyAsync(async () => await AlarmAsync() is { } detail
                ? detail.Contains($"The wall clock of silo '{silo.Name}' is more than 60 s from most others'", StringComparison.Ordinal) ? null : detail
                : "no alarm");
        }
        finally
        {
            clock.Offset = TimeSpan.Zero;
        }

        await RaftTestCluster.EventuallyAsync(AlarmAsync);
    }

    /// <summary>What the alarm says, if there is one, after members have told their clocks with their acknowledgements.</summary>
    private async Task<string?> AlarmAsync()
    {
        await Cluster.AddAsync("clock", 1);
        return (await Cluster.Admin.ListAlarmsAsync(TestContext.Current.CancellationToken))
            .FirstOrDefault(static alarm => alarm.Name == AlarmNames.ClockAhead)?.Detail;
    }
}
