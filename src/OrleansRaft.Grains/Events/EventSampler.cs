using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Events;

/// <summary>While somebody watches: looks at the replicas of this silo ten times a second, and sums up once a second.</summary>
/// <remarks>So a commit costs nothing where it happens, and a busy group makes no more events than one that commits now and then.</remarks>
internal sealed class EventSampler : IDisposable
{
    private const int MomentsPerSecond = 10;
    private const int CommitsPerMoment = 64;
    private const int GroupsMax = 1_000;
    private const int QuietTicks = 3;
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    private readonly EventRecorder recorder;
    private readonly GroupTable groups;
    private readonly LatencyCounts latencies;
    private readonly TimeProvider time;
    private readonly Dictionary<ILocalReplica, Seen> seen = [];
    private readonly CancellationTokenSource stopping = new();
    private long secondBegan;
    private long commitsShown;
    private long commitsLeftOut;

    public EventSampler(EventRecorder recorder, GroupTable groups, RaftMetrics metrics, TimeProvider time)
    {
        this.recorder = recorder;
        this.groups = groups;
        this.time = time;
        latencies = new LatencyCounts(metrics.ProposalDuration);
        latencies.Begin();
        secondBegan = time.GetTimestamp();
        RunAsync(stopping.Token).Ignore();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stopping.Cancel();
        stopping.Dispose();
        latencies.End();
        latencies.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Moment, time);
        for (var moment = 1; await timer.WaitForNextTickAsync(cancellation); moment++)
        {
            LookAtCommits();
            LookAtFocus();
            if (moment % MomentsPerSecond == 0)
            {
                SumUp();
                recorder.LetGo();
            }
        }
    }

    private void LookAtCommits()
    {
        var budget = CommitsPerMoment;
        foreach (var replica in groups.HostedOfApplications)
        {
            var commit = replica.Driver.CommitIndex.Value;
            if (!seen.TryGetValue(replica, out var before))
            {
                seen.Add(replica, new Seen { CommitIndex = commit, SecondBegan = commit });
                continue;
            }

            if (commit == before.CommitIndex)
            {
                continue;
            }

            var entries = commit - before.CommitIndex;
            before.CommitIndex = commit;
            if (!replica.Driver.IsLeader)
            {
                continue;
            }

            if (recorder.FocusOf(replica.Slot.Group) is not null || budget-- > 0)
            {
                commitsShown++;
                recorder.Record(new CommitEvent(replica.Key.Group, replica.Key.Replica.Value, commit, entries));
            }
            else
            {
                commitsLeftOut++;
            }
        }
    }

    private void LookAtFocus()
    {
        foreach (var (group, focus) in recorder.InFocus)
        {
            focus.BeginMoment();
            foreach (var slot in group.Slots)
            {
                if (slot.Local is { IsRunning: true } replica && seen.TryGetValue(replica, out var before))
                {
                    LookAtAsync(replica, before).Ignore();
                }
            }
        }
    }

    /// <summary>Tells how a replica is, if it is another than before. One that does not answer, such as a paused one, is not asked twice.</summary>
    private async Task LookAtAsync(ILocalReplica replica, Seen before)
    {
        if (before.IsAsked)
        {
            return;
        }

        before.IsAsked = true;
        try
        {
            var now = Describe(replica, await replica.Driver.GetStatusAsync());
            if (!IsSame(before.Shown, now))
            {
                before.Shown = now;
                recorder.Record(now);
            }
        }
        finally
        {
            before.IsAsked = false;
        }
    }

    private static ReplicaEvent Describe(ILocalReplica replica, RaftStatus status) => new(
        replica.Key.Group,
        replica.Key.Replica.Value,
        status.Role,
        status.Configuration.Learners.Contains(status.Id),
        status.HardState.CurrentTerm.Value,
        status.LastEntry.Index.Value,
        status.HardState.CommitIndex.Value,
        status.AppliedIndex.Value,
        status.Snapshot.LastIncluded.Index.Value,
        status.ElectionTicks,
        status.ElectionTimeoutTicks,
        [.. status.Progress.Select(static peer => new FollowerProgress(
            peer.Replica.Value,
            peer.State,
            peer.MatchIndex.Value,
            peer.NextIndex.Value,
            peer.Transfer?.Bytes ?? 0,
            peer.Transfer?.SizeBytes ?? 0))],
        replica.Quiescence is not null,
        status.LastEntry.Term.Value);

    // A follower of a live leader resets its timer with every heartbeat: that is not worth telling.
    private static bool IsSame(ReplicaEvent? before, ReplicaEvent now) =>
        before is not null
        && now.ElectionTicks < QuietTicks == before.ElectionTicks < QuietTicks
        && (now.ElectionTicks < QuietTicks || now.ElectionTicks == before.ElectionTicks)
        && before with { Progress = now.Progress, ElectionTicks = now.ElectionTicks } == now
        && before.Progress.AsSpan().SequenceEqual(now.Progress);

    private void SumUp()
    {
        var seconds = time.GetElapsedTime(secondBegan).TotalSeconds;
        secondBegan = time.GetTimestamp();
        foreach (var (group, focus) in recorder.InFocus)
        {
            if (focus.Take() is { LeftOut: > 0 } taken)
            {
                recorder.Record(new SampledEvent(group.Name, taken.Shown, taken.LeftOut));
            }
        }

        if (commitsLeftOut > 0)
        {
            recorder.Record(new SampledEvent(null, commitsShown, commitsLeftOut));
        }

        commitsShown = commitsLeftOut = 0;
        recorder.Record(Measure(seconds));
    }

    private SiloStats Measure(double seconds)
    {
        var busy = new List<GroupStats>();
        var led = new byte[(groups.Groups.Count + 7) / 8];
        var (replicas, leaders, commits) = (0, 0, 0L);
        foreach (var replica in groups.HostedOfApplications)
        {
            replicas++;
            if (!seen.TryGetValue(replica, out var before))
            {
                continue;
            }

            var entries = before.CommitIndex - before.SecondBegan;
            before.SecondBegan = before.CommitIndex;
            if (!replica.Driver.IsLeader)
            {
                continue;
            }

            leaders++;
            commits += entries;
            if (replica.Slot.Group.Ordinal / 8 is var place && place < led.Length)
            {
                // The group of a set that was deleted meanwhile has no place any more.
                led[place] |= (byte)(1 << (replica.Slot.Group.Ordinal % 8));
            }

            var lag = replica.Driver.CommitLag;
            if (entries > 0 || lag > 0)
            {
                busy.Add(new GroupStats(replica.Key.Group, entries / seconds, lag));
            }
        }

        ForgetTheStopped();
        busy.Sort(static (one, other) => other.CommitsPerSecond.CompareTo(one.CommitsPerSecond));
        return new SiloStats(
            seconds, replicas, leaders, commits, latencies.Take(), led, [.. busy.Take(GroupsMax)], Math.Max(0, busy.Count - GroupsMax));
    }

    private void ForgetTheStopped()
    {
        foreach (var replica in seen.Keys)
        {
            if (replica.IsStopped)
            {
                seen.Remove(replica);
            }
        }
    }

    private sealed class Seen
    {
        public long CommitIndex { get; set; }

        public long SecondBegan { get; set; }

        public ReplicaEvent? Shown { get; set; }

        public bool IsAsked { get; set; }
    }
}
