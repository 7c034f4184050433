using System.Globalization;
using OrleansRaft.Core;
using OrleansRaft.Runtime;

namespace OrleansRaft.Lab.Scenarios;

/// <summary>Looks at one node again and again, and tells when it is another than before.</summary>
internal sealed class NodeWatch(
    Scenario scenario, ScenarioCluster cluster, int node, IDictionary<(long Index, long Term), string> entries, PlayBudget budget)
{
    private NodeState? shown;
    private RaftStatus? before;
    private double timerStarted;

    /// <summary>The node as it is now; null when it is as it was.</summary>
    public NodeState? Look()
    {
        var state = Describe();
        if (shown is not null && state with { At = shown.At, Log = shown.Log, Progress = shown.Progress } == shown
            && (ReferenceEquals(state.Log, shown.Log) || state.Log.SequenceEqual(shown.Log)) && state.Progress.SequenceEqual(shown.Progress))
        {
            return null;
        }

        return shown = state;
    }

    private NodeState Describe()
    {
        var lab = cluster.Lab.Nodes[node];
        if (cluster.ReplicaOf(node)?.Core is not { } core)
        {
            before = null;
            return (shown ?? Nothing()) with
            {
                At = Now,
                IsUp = false,
                IsPaused = false,
                Role = "stopped",
                Leader = null,
                Timer = null,
                Progress = [],
            };
        }

        var status = core.Status;
        var isSameLog = before is not null
            && shown is { IsUp: true }
            && before.LastEntry == status.LastEntry
            && before.Snapshot.LastIncluded == status.Snapshot.LastIncluded;
        var (first, log) = isSameLog ? (shown!.First, shown.Log) : ReadLog(core);
        var timer = TimerOf(status);
        before = status;
        return new NodeState(
            Now,
            scenario.Nodes[node],
            IsUp: true,
            lab.IsPaused,
            RoleOf(status.Role),
            status.HardState.CurrentTerm.Value,
            NameOf(status.HardState.VotedFor),
            NameOf(status.Leader),
            status.HardState.CommitIndex.Value,
            status.AppliedIndex.Value,
            cluster.ValueOf(node) ?? 0,
            first,
            log,
            status.Snapshot.LastIncluded.Index.Value,
            timer,
            [.. status.Progress.Select(ProgressOf)]);
    }

    private double Now => cluster.Lab.Clock.Now.TotalMilliseconds;

    private NodeState Nothing() => new(Now, scenario.Nodes[node], false, false, "stopped", 0, null, null, 0, 0, 0, 1, [], 0, null, []);

    private string? NameOf(ReplicaId? replica) => replica is { } named ? scenario.Nodes[(int)named.Value - 1] : null;

    private PeerProgress ProgressOf(ReplicaProgress peer) => new(
        NameOf(peer.Replica)!, peer.MatchIndex.Value, peer.NextIndex.Value, peer.Transfer?.Bytes ?? 0, peer.Transfer?.SizeBytes ?? 0);

    private static string RoleOf(RaftRole role) => role switch
    {
        RaftRole.Leader => "leader",
        RaftRole.Candidate => "candidate",
        RaftRole.PreCandidate => "pre-candidate",
        _ => "follower",
    };

    /// <summary>The timer began anew when it shows fewer ticks than before, or another timeout.</summary>
    private ElectionTimer? TimerOf(RaftStatus status)
    {
        if (status.Role == RaftRole.Leader)
        {
            return null;
        }

        var tick = scenario.Settings.Raft.TickInterval.TotalMilliseconds;
        if (before is null
            || before.Role == RaftRole.Leader
            || status.ElectionTicks < before.ElectionTicks
            || status.ElectionTimeoutTicks != before.ElectionTimeoutTicks)
        {
            timerStarted = Now - (status.ElectionTicks * tick);
        }

        return new ElectionTimer(timerStarted, status.ElectionTimeoutTicks * tick);
    }

    private (long First, IReadOnlyList<long> Log) ReadLog(RaftCore core)
    {
        var kept = core.EntriesAfter(LogIndex.Zero, int.MaxValue);
        budget.Look(kept.Count);
        foreach (var entry in kept)
        {
            entries.TryAdd((entry.Index.Value, entry.Term.Value), TextOf(entry));
        }

        return (kept.Count == 0 ? core.LastEntry.Index.Value + 1 : kept[0].Index.Value, [.. kept.Select(static entry => entry.Term.Value)]);
    }

    private static string TextOf(Entry entry) => entry.Kind switch
    {
        EntryKind.NoOp => string.Create(CultureInfo.InvariantCulture, $"term {entry.Term.Value} begins"),
        EntryKind.Configuration => "members",
        _ =>
            CommandEnvelopeCodec.KindOf(entry.Body) == EnvelopeKind.Request
                ? ScenarioCluster.Codec.Read(CommandEnvelopeCodec.Decode(entry.Body).Body).ToString()
                : "limits",
    };
}
