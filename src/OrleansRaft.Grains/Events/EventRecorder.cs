using System.Collections.Concurrent;
using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;

namespace OrleansRaft.Grains.Events;

/// <summary>Records what happens on this silo while somebody watches, and nothing otherwise. Any thread.</summary>
/// <remarks>Whoever watches asks again and again (<see cref="Read"/>); a while after the last question the recorder falls asleep.</remarks>
internal sealed class EventRecorder(GroupTable groups, ILocalSiloDetails self, RaftMetrics metrics, TimeProvider time) : IDisposable
{
    private const int Capacity = 16_384;
    private const int PageMax = 4_096;
    private const int WatchersMax = 1_024;
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(5);

    private readonly EventRing ring = new(Capacity);
    private readonly Dictionary<Guid, Watcher> watchers = [];
    private readonly ConcurrentDictionary<string, GroupEntry> inFocus = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private EventSampler? sampler;
    private volatile bool isWatched;

    /// <summary>Whether anybody watches. Cheap: ask before an event is made.</summary>
    public bool IsWatched => isWatched;

    /// <summary>The groups of which somebody wants messages.</summary>
    public ICollection<GroupEntry> InFocus => inFocus.Values;

    /// <summary>Records an event, if somebody watches.</summary>
    public void Record(RaftEvent happened)
    {
        if (isWatched)
        {
            ring.Add(new SeenEvent(time.GetUtcNow().ToUnixTimeMilliseconds(), self.Name, happened));
        }
    }

    /// <summary>Records a message, if its group is in focus; and a vote in any case.</summary>
    /// <param name="from">The sender.</param>
    /// <param name="to">The receiver.</param>
    /// <param name="message">What it says.</param>
    /// <param name="isLost">Whether a fault keeps it from arriving.</param>
    public void RecordMessage(ILocalReplica from, ReplicaId to, Message message, bool isLost)
    {
        if (message is RequestVoteResponse vote)
        {
            Record(new VoteEvent(from.Key.Group, from.Key.Replica.Value, to.Value, vote.Term.Value, vote.Granted));
        }

        // Elections are rare, and what they say is worth more than what the rest repeats.
        if (from.Slot.Group.Focus is { } focus && (message is not (AppendEntries or AppendEntriesResponse) || focus.TryShow()))
        {
            var (kind, index, entries, isRejected) = MessageSummary.Of(message);
            Record(new MessageEvent(from.Key.Group, from.Key.Replica.Value, to.Value, kind, message.Term.Value, index, entries, isRejected, isLost));
        }
    }

    /// <summary>Answers a watcher, and goes on recording for it.</summary>
    public EventPage Read(EventQuery query)
    {
        var isNew = Welcome(query);
        var events = new List<SeenEvent>();
        if (!isNew && query.After >= 0 && ring.TryRead(query.After, PageMax, events))
        {
            return new EventPage(query.After + events.Count, false, [.. events]);
        }

        return new EventPage(ring.Last, query.After >= 0, []);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            Sleep();
        }
    }

    /// <summary>Lets watchers go that have not asked for a while; called by the sampler.</summary>
    internal void LetGo()
    {
        lock (gate)
        {
            foreach (var (id, watcher) in watchers)
            {
                if (time.GetElapsedTime(watcher.LastAsked) > Memory)
                {
                    watchers.Remove(id);
                }
            }

            Refocus();
            if (watchers.Count == 0)
            {
                Sleep();
            }
        }
    }

    /// <summary>Takes note of who asks.</summary>
    /// <returns>Whether it is new here, so that it has missed what was not recorded.</returns>
    private bool Welcome(EventQuery query)
    {
        lock (gate)
        {
            var isNew = !watchers.TryGetValue(query.Watcher, out var watcher);
            if (isNew && watchers.Count >= WatchersMax)
            {
                return true;
            }

            watchers[query.Watcher] = new Watcher(time.GetTimestamp(), query.Focus);
            if (!query.Focus.AsSpan().SequenceEqual(watcher.Focus))
            {
                Refocus();
            }

            if (!isWatched)
            {
                isWatched = true;
                sampler = new EventSampler(this, groups, metrics, time);
            }

            return isNew;
        }
    }

    private void Refocus()
    {
        var wanted = watchers.Values.SelectMany(static watcher => watcher.Focus).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, group) in inFocus)
        {
            if (!wanted.Contains(name))
            {
                group.Focus = null;
                inFocus.TryRemove(name, out _);
            }
        }

        foreach (var name in wanted)
        {
            if (!inFocus.ContainsKey(name) && groups.Find(name) is { } group)
            {
                group.Focus = new EventFocus();
                inFocus[name] = group;
            }
        }
    }

    private void Sleep()
    {
        isWatched = false;
        sampler?.Dispose();
        sampler = null;
    }

    private readonly record struct Watcher(long LastAsked, string[] Focus);
}
