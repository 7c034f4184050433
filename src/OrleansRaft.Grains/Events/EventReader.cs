namespace OrleansRaft.Grains.Events;

/// <summary>One reader of an <see cref="EventFeed"/>: it keeps a place, and nothing waits for it. Not safe for several threads.</summary>
internal sealed class EventReader : IDisposable
{
    private const int PageMax = 512;

    private readonly EventFeed feed;
    private readonly List<SeenEvent> page = [];

    internal EventReader(EventFeed feed, string? group)
    {
        this.feed = feed;
        Group = group;
    }

    /// <summary>The group whose messages it reads; null for none.</summary>
    public string? Group { get; }

    /// <summary>The number of the last event that it read.</summary>
    public long Place { get; private set; }

    /// <summary>Goes on after an event that was read before.</summary>
    /// <param name="place">The event's number in this feed.</param>
    /// <returns>False when something after it has been dropped: take a snapshot instead.</returns>
    public bool TryResume(long place)
    {
        page.Clear();
        if (!feed.TryRead(place, 0, page))
        {
            return false;
        }

        Place = place;
        return true;
    }

    /// <summary>The cluster as it is now; what happens from here on is read after it, and may repeat what it shows.</summary>
    public async Task<ClusterState> TakePictureAsync(CancellationToken cancellation)
    {
        await feed.AskAllAsync(cancellation);
        Place = feed.Last;
        var inventories = await feed.TakeInventoryAsync();
        return ClusterState.Of(feed.Groups, feed.SiloNames, inventories);
    }

    /// <summary>Waits for events, and takes them.</summary>
    /// <param name="patience">For how long to wait.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>Numbered events, perhaps none; null when some were dropped before this reader came to them.</returns>
    public async Task<IReadOnlyList<(long Number, SeenEvent Seen)>?> ReadAsync(TimeSpan patience, CancellationToken cancellation)
    {
        var changed = feed.Changed;
        page.Clear();
        if (feed.TryRead(Place, PageMax, page) && page.Count == 0)
        {
            await Task.WhenAny(changed, Task.Delay(patience, cancellation));
            cancellation.ThrowIfCancellationRequested();
        }

        page.Clear();
        if (!feed.TryRead(Place, PageMax, page))
        {
            return null;
        }

        var first = Place + 1;
        Place += page.Count;
        return
        [
            .. page.Select((seen, offset) => (first + offset, seen)).Where(item => item.seen.Event.OnlyInFocus is not { } group || group == Group),
        ];
    }

    /// <inheritdoc/>
    public void Dispose() => feed.Close(this);
}
