using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using OrleansRaft.Core.Codec;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Transport;

namespace OrleansRaft.Grains.SiloService;

/// <summary>Finds out where replicas live, by asking the silos themselves, in the background. No grain directory is on the way.</summary>
/// <remarks>
/// Many questions share one call to each silo, and a replica that nobody has is asked for again only after a pause, by whoever still needs it.
/// </remarks>
internal sealed class Locator(
    GroupTable groups,
    ClusterMembership silos,
    StoppedSilos departures,
    StoreAgreement agreement,
    SiloClient<IInventoryService> client,
    TimeProvider time,
    ILogger<Locator> logger)
{
    private const int WantedMax = 4_096;
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan AwaitedPause = TimeSpan.FromMilliseconds(500);

    private readonly Channel<ReplicaSlot> wanted = Channel.CreateUnbounded<ReplicaSlot>(new UnboundedChannelOptions { SingleReader = true });
    private Task loop = Task.CompletedTask;

    /// <summary>Begins to answer.</summary>
    public void Start() => loop = Task.Run(RunAsync);

    /// <summary>Asks for a replica's whereabouts; does nothing when they are being looked for already. Any thread.</summary>
    public void Want(ReplicaSlot slot)
    {
        if (Interlocked.Exchange(ref slot.IsWanted, 1) == 0)
        {
            wanted.Writer.TryWrite(slot);
        }
    }

    /// <summary>Asks every active silo what it hosts, and takes note of all answers.</summary>
    /// <returns>What was answered, by silo; silos that did not answer in time are left out.</returns>
    public Task<IReadOnlyDictionary<SiloAddress, Inventory>> TakeInventoryAsync() => AskAllAsync(static service => service.TakeInventoryAsync());

    /// <summary>Asks every active silo for some replicas, and takes note of all answers.</summary>
    public Task<IReadOnlyDictionary<SiloAddress, Inventory>> LocateAsync(IEnumerable<ReplicaSlot> slots)
    {
        ReplicaName[] names = [.. slots.Select(slot => new ReplicaName(slot.Group.Name, slot.Replica.Value))];
        return AskAllAsync(service => service.LocateAsync(names));
    }

    /// <summary>The active silos that keep their logs elsewhere than this one.</summary>
    public async Task<IReadOnlyList<SiloPlace>> FindStrangersAsync()
    {
        var answers = await Task.WhenAll(
            silos.Active.Select(async place => (Place: place, (await AskAsync(place.Address, static service => service.LocateAsync([]))).Inventory)));
        return [.. answers.Where(answer => answer.Inventory is not null && !agreement.Holds(answer.Inventory)).Select(static answer => answer.Place)];
    }

    /// <summary>What the programs of active silos have for each set, as far as they answer.</summary>
    public async Task<IReadOnlyList<(SiloPlace Place, SetSupport[] Sets)>> FindSetsAsync() =>
        await Task.WhenAll(silos.Active.Select(async place =>
            (place, (await AskAsync(place.Address, static service => service.LocateAsync([]))).Inventory?.Sets ?? [])));

    /// <summary>The latest feature level at which an active silo knows the cluster to work; 0 when none says.</summary>
    public async Task<int> FindLevelAsync()
    {
        var answers = await Task.WhenAll(silos.Active.Select(place => AskAsync(place.Address, static service => service.LocateAsync([]))));
        return answers.Select(static answer => answer.Inventory?.Level ?? 0).DefaultIfEmpty().Max();
    }

    /// <summary>Answers no more.</summary>
    public async Task StopAsync()
    {
        wanted.Writer.TryComplete();
        await loop;
    }

    private async Task RunAsync()
    {
        var batch = new List<ReplicaSlot>();
        while (await wanted.Reader.WaitToReadAsync())
        {
            while (batch.Count < WantedMax && wanted.Reader.TryRead(out var slot))
            {
                batch.Add(slot);
            }

            await LocateAsync(batch);
            await Task.Delay(Pause, time);
            foreach (var awaited in batch.ToLookup(slot => slot.Left is { } silo && departures.IsAwaited(silo, silos.Active)))
            {
                ReleaseAsync([.. awaited], awaited.Key ? AwaitedPause : TimeSpan.Zero).Ignore();
            }

            batch.Clear();
        }
    }

    /// <summary>
    /// Lets replicas be asked for again. Those that live nowhere until their silo comes back are not worth asking for all the time.
    /// </summary>
    private async Task ReleaseAsync(IReadOnlyList<ReplicaSlot> slots, TimeSpan pause)
    {
        await Task.Delay(pause, time);
        foreach (var slot in slots)
        {
            Volatile.Write(ref slot.IsWanted, 0);
        }
    }

    private async Task<IReadOnlyDictionary<SiloAddress, Inventory>> AskAllAsync(Func<IInventoryService, Task<Inventory>> ask)
    {
        var answers = await Task.WhenAll(silos.Active.Select(silo => AskAsync(silo.Address, ask)));
        var bySilo = new Dictionary<SiloAddress, Inventory>();
        foreach (var (silo, inventory) in answers)
        {
            // What a silo hosts that keeps its logs elsewhere is none of this cluster's replicas; it is about to find that out itself.
            if (inventory is not null && agreement.Holds(inventory))
            {
                bySilo.Add(silo, inventory);
                Learn(silo, inventory);
            }
        }

        return bySilo;
    }

    private async Task<(SiloAddress Silo, Inventory? Inventory)> AskAsync(SiloAddress silo, Func<IInventoryService, Task<Inventory>> ask)
    {
        try
        {
            return (silo, await ask(client.Reach(silo)).WaitAsync(AnswerTimeout, time));
        }
        catch (Exception exception)
        {
            // A silo that cannot be asked is one that hosts nothing we could reach.
            Log.SiloSilent(logger, exception, silo);
            return (silo, null);
        }
    }

    private void Learn(SiloAddress silo, Inventory inventory)
    {
        silos.LearnStore(silo, inventory.Store);
        if (inventory.Sets is { } sets)
        {
            silos.LearnSets(silo, sets);
        }

        if (inventory.IsStopping)
        {
            departures.Note(silo);
        }

        foreach (var item in inventory.Replicas)
        {
            if (groups.Find(item.Group) is not { } group)
            {
                continue;
            }

            group.Slot(new ReplicaId(item.Replica)).Learn(silo, item.Epoch);
            group.LearnVersion(item.MachineVersion);
            group.Learn(
                item.Configuration is { } configuration ? ConfigurationCodec.Decode(configuration) : group.Initial,
                item.IsLeader ? new Term(item.Term) : Term.Zero);
        }
    }
}
