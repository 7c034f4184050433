using System.Globalization;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Grains.Transport;

namespace OrleansRaft.Grains.Events;

/// <summary>The events of the whole cluster, gathered by one silo for those who read them there. A service of every silo.</summary>
/// <remarks>
/// While somebody reads, and for a while after, it asks every silo ten times a second what happened. What it gathers is numbered by this silo alone,
/// so a reader that comes back to another silo begins anew. Cut links do not concern it: who watches stands outside.
/// </remarks>
internal sealed class EventFeed : IDisposable
{
    private const int Capacity = 32_768;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(10);

    private readonly ClusterMembership silos;
    private readonly GroupTable groups;
    private readonly SiloClient<IEventService> client;
    private readonly SiloClient<IInventoryService> inventories;
    private readonly ILocalSiloDetails self;
    private readonly TimeProvider time;
    private readonly EventRing ring = new(Capacity);
    private readonly Guid watcher = Guid.NewGuid();
    private readonly Lock gate = new();
    private readonly List<EventReader> readers = [];
    private readonly Dictionary<SiloAddress, SiloEventStream> sources = [];
    private volatile TaskCompletionSource changed = NewSignal();
    private CancellationTokenSource? gathering;
    private long lastReaderLeft;

    internal EventFeed(
        ClusterMembership silos,
        GroupTable groups,
        SiloClient<IEventService> client,
        SiloClient<IInventoryService> inventories,
        ILocalSiloDetails self,
        TimeProvider time)
    {
        (this.silos, this.groups, this.client, this.inventories, this.self, this.time) = (silos, groups, client, inventories, self, time);
    }

    /// <summary>Tells this silo's numbers from those of others, and from those of its earlier lives.</summary>
    public string Name => watcher.ToString("N", CultureInfo.InvariantCulture)[..8];

    /// <summary>The number of the latest event.</summary>
    internal long Last => ring.Last;

    /// <summary>Completes when something is added after this was read.</summary>
    internal Task Changed => changed.Task;

    /// <summary>Begins to read. Dispose of the reader at the end, or the cluster keeps telling.</summary>
    /// <param name="group">The group whose messages the reader wants; null for none.</param>
    public EventReader Open(string? group)
    {
        var reader = new EventReader(this, group);
        lock (gate)
        {
            readers.Add(reader);
            if (gathering is null)
            {
                ring.Break();
                gathering = new CancellationTokenSource();
                GatherAsync(gathering.Token).Ignore();
            }
        }

        return reader;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            Stop();
        }
    }

    internal void Close(EventReader reader)
    {
        lock (gate)
        {
            readers.Remove(reader);
            lastReaderLeft = time.GetTimestamp();
        }
    }

    /// <summary>Completes when every active silo has been asked once since the reader came: from then on nothing escapes it.</summary>
    internal async Task AskAllAsync(CancellationToken cancellation)
    {
        var focus = Focus();
        await Task.WhenAll(SourcesNow().Select(source => AskAsync(source, focus, SiloEventStream.AnswerTimeout))).WaitAsync(cancellation);
    }

    internal bool TryRead(long after, int most, List<SeenEvent> into) => ring.TryRead(after, most, into);

    /// <summary>What every silo hosts, asked past all cut links; by name, and without those that did not answer.</summary>
    internal async Task<IReadOnlyList<(string Silo, Inventory Inventory)>> TakeInventoryAsync()
    {
        var answers = await Task.WhenAll(silos.Active.Select(async place =>
        {
            try
            {
                var asked = inventories.ReachPastFaults(place.Address).TakeInventoryAsync();
                return (place.Name, Inventory: (Inventory?)await asked.WaitAsync(SiloEventStream.AnswerTimeout, time));
            }
            catch (Exception)
            {
                return (place.Name, Inventory: null);
            }
        }));
        return [.. answers.Where(static answer => answer.Inventory is not null).Select(static answer => (answer.Name, answer.Inventory!))];
    }

    /// <summary>The groups, as a snapshot tells them.</summary>
    internal IReadOnlyList<GroupEntry> Groups => groups.Groups;

    /// <summary>The names of the active silos.</summary>
    internal IReadOnlyList<string> SiloNames => [.. silos.Active.Select(static place => place.Name)];

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task GatherAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Pause, time);
        var sum = new StatsSum(groups, time);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            if (IsForgotten())
            {
                return;
            }

            var focus = Focus();
            var asked = SourcesNow();
            foreach (var source in asked)
            {
                AskAsync(source, focus, patience: TimeSpan.Zero).Ignore();
            }

            if (sum.TryTake(asked) is { } stats)
            {
                Add(new SeenEvent(time.GetUtcNow().ToUnixTimeMilliseconds(), self.Name, stats));
            }
        }
    }

    /// <summary>Whether nobody has read for so long that nobody will come back for what was missed; then it ends.</summary>
    private bool IsForgotten()
    {
        lock (gate)
        {
            if (readers.Count > 0 || time.GetElapsedTime(lastReaderLeft) < Memory)
            {
                return false;
            }

            Stop();
            return true;
        }
    }

    private void Stop()
    {
        gathering?.Cancel();
        gathering?.Dispose();
        gathering = null;
        sources.Clear();
    }

    private string[] Focus()
    {
        lock (gate)
        {
            return [.. readers.Select(static reader => reader.Group).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
        }
    }

    private List<SiloEventStream> SourcesNow()
    {
        var active = silos.Active;
        lock (gate)
        {
            foreach (var gone in sources.Keys.Except(active.Select(static place => place.Address)).ToList())
            {
                sources.Remove(gone);
            }

            foreach (var (address, name) in active)
            {
                sources.TryAdd(address, new SiloEventStream(name, client.ReachPastFaults(address), time));
            }

            return [.. sources.Values];
        }
    }

    private async Task AskAsync(SiloEventStream source, string[] focus, TimeSpan patience)
    {
        if (await source.AskAsync(watcher, focus, patience) is not { } page)
        {
            return;
        }

        if (page.HasGap)
        {
            ring.Break();
        }

        foreach (var seen in page.Events)
        {
            // Every silo sees the membership change, and once is enough.
            if (seen.Event is SiloStats stats)
            {
                source.Stats = stats;
            }
            else if (seen.Event is not SiloEvent || source.Name == self.Name)
            {
                ring.Add(seen);
            }
        }

        if (page.Events.Length > 0 || page.HasGap)
        {
            Signal();
        }
    }

    private void Add(SeenEvent seen)
    {
        ring.Add(seen);
        Signal();
    }

    private void Signal() => Interlocked.Exchange(ref changed, NewSignal()).TrySetResult();
}
