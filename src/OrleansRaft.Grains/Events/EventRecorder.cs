using System.Collections.Concurrent;
using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Replicas;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;

namespace OrleansRaft.Grains.Events;

/// <summary>Records what happens on this silo while somebody watches, and nothing otherwise. Any thread.</summary>
/// <remarks>Whoever watches asks again and again (<see cref="Read"/>); a while after the last question the recorder stops.</remarks>
internal sealed class EventRecorder(GroupTable groups, ILinkFaults links, ILocalSiloDetails self, RaftMetrics metrics, TimeProvider time)
    : IReplicaEvents, IDisposable
{
    private const int Capacity = 16_384;
    private const int PageMax = 4_096;
    private const int WatchersMax = 1_024;
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(5);

    private readonly EventRing ring = new(Capacity);
    private readonly Dictionary<Guid, Watcher> watchers = [];
    private readonly ConcurrentDictionary<GroupEntry, EventFocus> inFocus = new();
    private readonly Lock gate = new();
    private EventSampler? sampler;
    private volatile bool isWatched;

    /// <inheritdoc/>
    public bool IsWatched => isWatched;

    /// <summary>The groups of which somebody wants messages.</summary>
    public IEnumerable<KeyValuePair<GroupEntry, EventFocus>> InFocus => inFocus;

    /// <summary>Records an event, if somebody watches.</summary>
    public void Record(RaftEvent happened)
    {
        if (isWatched)
        {
            ring.Add(new SeenEvent(time.GetUtcNow().ToUnixTimeMilliseconds(), self.Name, happened));
        }
    }

    /// <inheritdoc/>
    public void OnRoleChanged(ILocalReplica replica, RoleChanged change) => Record(new RoleEvent(
        replica.Key.Group,
        replica.Key.Replica.Value,
        change.Role,
        replica.Slot.Group.Configuration.Learners.Contains(replica.Key.Replica),
        change.Term.Value,
        change.Leader?.Value ?? 0,
        change.Votes,
        change.Votes > 0 ? replica.Slot.Group.Configuration.Voters.Length : 0));

    /// <inheritdoc/>
    public void OnMembersChanged(ILocalReplica replica, Configuration configuration) => Record(new MembershipEvent(
        replica.Key.Group,
        replica.Key.Replica.Value,
        configuration.Version.Value,
        [.. configuration.Voters.Select(static voter => voter.Value)],
        [.. configuration.Learners.Select(static learner => learner.Value)],
        configuration.IsJoint));

    /// <inheritdoc/>
    public void OnSnapshot(ILocalReplica replica, EntryId lastIncluded, bool isInstalled) =>
        Record(new SnapshotEvent(replica.Key.Group, replica.Key.Replica.Value, lastIncluded.Index.Value, isInstalled));

    /// <inheritdoc/>
    public void OnEntrySkipped(ILocalReplica replica, LogIndex entry, EntryId decision) =>
        Record(new SkipEvent(replica.Key.Group, replica.Key.Replica.Value, entry.Value, decision.Index.Value));

    /// <inheritdoc/>
    public void OnVersionRaised(ILocalReplica replica, int version, EntryId entry) =>
        Record(new VersionEvent(replica.Key.Group, replica.Key.Replica.Value, version, entry.Index.Value));

    /// <summary>Records a message if its group is in focus, and a vote in any case.</summary>
    public void OnMessage(ILocalReplica from, ReplicaSlot to, Message message, bool isLost)
    {
        if (message is RequestVoteResponse vote)
        {
            Record(new VoteEvent(from.Key.Group, from.Key.Replica.Value, to.Replica.Value, vote.Term.Value, vote.Granted));
        }

        // Elections are rare, and what they say is worth more than what the rest repeats.
        if (FocusOf(from.Slot.Group) is { } focus && (message is not (AppendEntries or AppendEntriesResponse) || focus.TryShow()))
        {
            var (kind, index, entries, isRejected) = MessageSummary.Of(message);
            isLost |= to is { Local: null, Silo: { } target } && links.IsCut(target);
            Record(new MessageEvent(
                from.Key.Group, from.Key.Replica.Value, to.Replica.Value, kind, message.Term.Value, index, entries, isRejected, isLost));
        }
    }

    /// <summary>While somebody wants to see a group's messages: how many of them are shown; otherwise null.</summary>
    public EventFocus? FocusOf(GroupEntry group) => !inFocus.IsEmpty && inFocus.TryGetValue(group, out var focus) ? focus : null;

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
            Stop();
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
                Stop();
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
        foreach (var (group, _) in inFocus)
        {
            if (!wanted.Contains(group.Name))
            {
                inFocus.TryRemove(group, out _);
            }
        }

        foreach (var name in wanted)
        {
            if (groups.Find(name) is { } group && !inFocus.ContainsKey(group))
            {
                inFocus.TryAdd(group, new EventFocus());
            }
        }
    }

    private void Stop()
    {
        isWatched = false;
        sampler?.Dispose();
        sampler = null;
    }

    private readonly record struct Watcher(long LastAsked, string[] Focus);
}
