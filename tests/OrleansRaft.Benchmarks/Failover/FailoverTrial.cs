using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime.Placement;
using OrleansRaft.Benchmarks.Silos;
using OrleansRaft.Counters;
using OrleansRaft.Runtime;
using OrleansRaft.Testbed;

namespace OrleansRaft.Benchmarks.Failover;

/// <summary>What one trial found.</summary>
/// <param name="Group">For how long no write to the group succeeded.</param>
/// <param name="Grain">For how long none to the plain grain did.</param>
internal sealed record TrialResult(TimeSpan Group, TimeSpan Grain);

/// <summary>Strikes the silo that leads a group and hosts a plain grain, while clients of the other silos write to both.</summary>
/// <param name="cluster">The cluster; whole again afterwards.</param>
internal sealed class FailoverTrial(LibraryCluster cluster)
{
    private const string Key = "failover/probe";
    private static readonly string Group = $"{CounterMachine.SetName}-{KeyHash.GroupOf(Key, LibrarySilo.Groups)}";
    private const int WarmWrites = 50;
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <summary>Makes one trial.</summary>
    /// <param name="isPause">Whether the silo is paused (SIGSTOP) instead of killed.</param>
    public async Task<TrialResult> RunAsync(bool isPause)
    {
        TrialResult? result;
        while ((result = await TryAsync(isPause)) is null)
        {
            // The group or the grain moved while the clients warmed up: there was nothing to strike.
        }

        return result;
    }

    private async Task<TrialResult?> TryAsync(bool isPause)
    {
        var place = await cluster.WaitUntilWholeAsync(Group);
        var isStruck = false;
        var clients = await cluster.ConnectToOthersAsync(place.Silo);
        var factories = clients.Select(client => (IGrainFactory)client.Services.GetRequiredService<IClusterClient>()).ToList();
        try
        {
            var grain = await PlaceGrainAsync(factories[0], place);
            var onGroup = factories.ConvertAll(grains => new WriteProbe(() => WriteToGroupAsync(grains)));
            var onGrain = factories.ConvertAll(grains => new WriteProbe(() => grains.GetGrain<IFailoverCounter>(grain).AddAsync()));
            List<WriteProbe> all = [.. onGroup, .. onGrain];
            all.ForEach(probe => probe.Start());
            try
            {
                await Until.TrueAsync(
                    () => Task.FromResult(all.TrueForAll(probe => probe.Count >= WarmWrites)),
                    Patience,
                    () => "the cluster takes no writes although nothing was broken yet");
                if (await factories[0].GetGrain<IFailoverCounter>(grain).WhereAsync() == place.Silo
                    && await factories[0].GetGrain<IClusterView>(0).FindLeaderAsync(Group) == place)
                {
                    isStruck = true;
                    return await StrikeAsync(place.Silo, isPause, onGroup, onGrain);
                }

                return null;
            }
            finally
            {
                foreach (var probe in all)
                {
                    await probe.DisposeAsync();
                }
            }
        }
        finally
        {
            await Task.WhenAll(clients.Select(LibraryCluster.DisconnectAsync));
            if (isStruck)
            {
                await cluster.RestartAsync(place.Silo);
            }
        }
    }

    private async Task<TrialResult> StrikeAsync(string silo, bool isPause, List<WriteProbe> onGroup, List<WriteProbe> onGrain)
    {
        var struck = Stopwatch.GetTimestamp();
        if (isPause)
        {
            cluster.ProcessOf(silo).Pause();
        }
        else
        {
            await cluster.ProcessOf(silo).KillAsync();
        }

        while (Stopwatch.GetElapsedTime(struck) < Least || !HasRecovered(onGroup, struck) || !HasRecovered(onGrain, struck))
        {
            if (Stopwatch.GetElapsedTime(struck) > Patience)
            {
                throw new TimeoutException($"{silo} was struck {Patience.TotalSeconds:0} s ago, and writes do not succeed again.");
            }

            await Task.Delay(50);
        }

        return new TrialResult(LongestGap(onGroup, struck), LongestGap(onGrain, struck));
    }

    private static bool HasRecovered(List<WriteProbe> probes, long struck) =>
        probes.Exists(probe => probe.HasSucceededSince(struck + (Stopwatch.Frequency / 10)));

    /// <summary>The longest time between two successes, wherever they came through, from the last one before the strike on.</summary>
    private static TimeSpan LongestGap(List<WriteProbe> probes, long struck)
    {
        var ends = probes.SelectMany(probe => probe.Ends).Order().ToList();
        var last = ends.FindLastIndex(end => end <= struck);
        return Enumerable.Range(last, ends.Count - last - 1).Max(index => Stopwatch.GetElapsedTime(ends[index], ends[index + 1]));
    }

    private static async Task WriteToGroupAsync(IGrainFactory grains)
    {
        var outcome = await grains.GetRaftGroup<CounterCommand, CounterResult>(CounterMachine.SetName, Key).SubmitAsync(new IncrementCounter(1));
        if (outcome is not Committed<CounterResult>)
        {
            throw new InvalidOperationException(outcome.ToString());
        }
    }

    /// <summary>A plain grain that lives on the silo to be struck.</summary>
    private static async Task<string> PlaceGrainAsync(IGrainFactory grains, LeaderPlace place)
    {
        for (var tries = 0; tries < 100; tries++)
        {
            var key = Guid.NewGuid().ToString("N");
            RequestContext.Set(IPlacementDirector.PlacementHintKey, place.Address);
            if (await grains.GetGrain<IFailoverCounter>(key).WhereAsync() == place.Silo)
            {
                RequestContext.Clear();
                return key;
            }
        }

        throw new InvalidOperationException($"No plain grain could be placed on {place.Silo}.");
    }
}
