using Microsoft.Extensions.Logging;
using OrleansRaft.Client;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Events;
using OrleansRaft.Grains.Faults;
using OrleansRaft.Grains.Levels;
using OrleansRaft.Grains.Liveness;
using OrleansRaft.Grains.Placement;
using OrleansRaft.Grains.Replicas;
using OrleansRaft.Grains.Routing;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Hosting;

/// <summary>Starts and stops a silo's part in the cluster, in step with Orleans' own stages, and follows the membership.</summary>
internal sealed class RaftLifecycle(
    ILogStore store,
    StateMachineRegistry machines,
    GroupTable groups,
    ClusterMembership silos,
    Lanes lanes,
    Locator locator,
    StoppedSilos departures,
    GroupFences fences,
    Scrubber scrubber,
    ReplicaKeeper keeper,
    KeeperSignal keeping,
    CatalogueWorker catalogue,
    LevelKeeper levels,
    OwnSets sets,
    IRaftDrain drain,
    SiloLife life,
    LivenessHost liveness,
    GoneSilos gone,
    EventRecorder events,
    FaultTable faults,
    RaftFaults brokenOnPurpose,
    ISiloStatusOracle membership,
    ILocalSiloDetails self,
    IGrainFactory grains,
    IServiceProvider services,
    TimeProvider time,
    ILogger<RaftLifecycle> logger) : ILifecycleParticipant<ISiloLifecycle>, ISiloStatusListener
{
    // After the silo became active, and before it begins to stop.
    private const int KeepingStage = ServiceLifecycleStage.Active + 10;
    private static readonly TimeSpan StorePatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StoreRetryMax = TimeSpan.FromSeconds(5);

    private bool hasLived;

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle lifecycle)
    {
        lifecycle.Subscribe(nameof(RaftLifecycle), ServiceLifecycleStage.ApplicationServices, StartAsync, StopAsync);
        lifecycle.Subscribe(nameof(RaftLifecycle), KeepingStage, StartKeepingAsync, StopKeepingAsync);
    }

    /// <inheritdoc/>
    public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
    {
        // The last life of a silo is declared dead when the next one has long been there.
        if (status == SiloStatus.Active || !silos.IsSucceeded(updatedSilo))
        {
            events.Record(new SiloEvent(silos.NameOf(updatedSilo), status.ToString().ToLowerInvariant()));
        }

        if (status == SiloStatus.Dead)
        {
            if (updatedSilo.Equals(self.SiloAddress))
            {
                StopEverything();
                return;
            }

            Forget(updatedSilo);
        }
        else if (status == SiloStatus.ShuttingDown)
        {
            departures.Note(updatedSilo);
        }
        else if (status == SiloStatus.Active)
        {
            faults.OnSiloBack(silos.NameOf(updatedSilo));
            faults.Enforce();
            brokenOnPurpose.WelcomeAsync(updatedSilo).Ignore();
        }

        keeping.Nudge();
    }

    private async Task StartAsync(CancellationToken cancellation)
    {
        if (self.Name is "." or "..")
        {
            throw new InvalidOperationException(
                $"A silo cannot be named '{self.Name}': in an address, that is a step to another resource. Give SiloOptions.SiloName another value.");
        }

        var cluster = await InitializeStoreAsync(cancellation);
        groups.Load(cluster);
        LocalRouters.Register(grains, new SiloRouters(services));
        Log.ClusterRead(logger, cluster.ClusterId, cluster.Sets.Length, groups.Groups.Count);
        membership.SubscribeToSiloStatusEvents(this);
        await RequireSameStoreAsync(static _ => true);
        await levels.JoinAsync();
        await RequireSameSetsAsync(static _ => true);
        locator.Start();
        liveness.Start();
        gone.Start();
    }

    /// <summary>Refuses to take part beside a silo that keeps its logs elsewhere.</summary>
    private async Task RequireSameStoreAsync(Func<SiloPlace, bool> counts)
    {
        if ((await locator.FindStrangersAsync()).Where(counts).Select(static place => place.Name).FirstOrDefault() is { } other)
        {
            throw StoreAgreement.Refuse(other);
        }
    }

    /// <summary>
    /// Refuses to take part beside a silo whose state machines could not read what this one's write, or work at no version of this one's.
    /// </summary>
    private async Task RequireSameSetsAsync(Func<SiloPlace, bool> counts)
    {
        var pairs = (from answer in await locator.FindSetsAsync()
                     where counts(answer.Place)
                     from told in answer.Sets
                     from mine in sets.All
                     where mine.Set == told.Set
                     select (Mine: mine, Told: told, Silo: answer.Place.Name)).ToList();
        var conflicts = pairs.Select(static pair => pair.Mine.FindConflict(pair.Told, pair.Silo)).OfType<string>();
        if (conflicts.FirstOrDefault() is { } conflict)
        {
            throw new OrleansConfigurationException($"This silo cannot join the others: {conflict}.");
        }

        var gaps = pairs.SelectMany(pair => new[] { pair.Mine.FindGap(pair.Told, pair.Silo), pair.Told.FindGap(pair.Mine, self.Name) });
        foreach (var gap in gaps.OfType<string>())
        {
            Log.SetGap(logger, gap);
        }
    }

    private async Task<ClusterDefinition> InitializeStoreAsync(CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        for (var delay = TimeSpan.FromMilliseconds(200); ; delay = delay * 2 < StoreRetryMax ? delay * 2 : StoreRetryMax)
        {
            try
            {
                var cluster = await store.InitializeAsync(machines.Wanted, cancellation);
                await levels.BeginAsync(cluster, cancellation);
                await life.BeginAsync(cancellation);
                return cluster;
            }
            catch (Exception exception) when (IsPassing(exception) && time.GetElapsedTime(since) < StorePatience)
            {
                Log.StoreUnavailable(logger, exception, exception.Message, delay);
            }

            await Task.Delay(delay, time, cancellation);
        }
    }

    private async Task StartKeepingAsync(CancellationToken cancellation)
    {
        // Silos that started together were not active for each other before: the oldest of them stays.
        await RequireSameStoreAsync(IsOlder);
        await RequireSameSetsAsync(IsOlder);
        await levels.JoinAsync();
        hasLived = true;
        keeper.Start();
        catalogue.Start();
        fences.Start();
        scrubber.Start();
        levels.Start();
    }

    private bool IsOlder(SiloPlace place) => place.Address.CompareTo(self.SiloAddress) < 0;

    private async Task StopKeepingAsync(CancellationToken cancellation)
    {
        await levels.StopAsync();

        // A host that is given no time to stop is killed, as far as it can be from inside: nobody of its name comes back, and nothing is handed over.
        if (cancellation.IsCancellationRequested)
        {
            await catalogue.StopAsync();
            await keeper.StopAsync();
            return;
        }

        drain.Begin();
        await drain.HandOverAsync();
    }

    private async Task StopAsync(CancellationToken cancellation)
    {
        membership.UnSubscribeFromSiloStatusEvents(this);
        gone.Stop();
        await liveness.StopAsync();
        await fences.StopAsync();
        await scrubber.StopAsync();
        await locator.StopAsync();
        if (!cancellation.IsCancellationRequested || !hasLived)
        {
            // Nobody lives here any more. A silo that was refused while it started is no unclean end either.
            await life.EndAsync();
        }
    }

    private void StopEverything()
    {
        var hosted = groups.Hosted.ToList();
        Log.DeclaredDead(logger, hosted.Count);
        hosted.ForEach(static replica => replica.StopSoon());
    }

    private void Forget(SiloAddress silo)
    {
        foreach (var group in groups.AllGroups)
        {
            foreach (var slot in group.Slots)
            {
                slot.Forget(silo);
            }
        }

        lanes.Close(silo);
        silos.Forget(silo);
        liveness.Monitor.Forget(silo);
    }

    // A store that refuses, or that is damaged, will do so again.
    private static bool IsPassing(Exception exception) =>
        exception is not (StoreRefusedException or CorruptDataException or OperationCanceledException or InvalidOperationException);
}
