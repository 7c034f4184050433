namespace OrleansRaft.Simulation.Mutants;

internal static class RuntimeMutants
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new(
            "sessions-not-in-snapshot",
            "a snapshot forgets which requests were applied",
            "Runtime",
            "StateMachines/StateMachineHost.Snapshots.cs",
            "return tables.View();",
            "return new SessionTables().View();"),
        new(
            "applied-index-apart-from-state",
            "a restored snapshot moves the applied index, but not the state",
            "Runtime",
            "StateMachines/StateMachineHost.Snapshots.cs",
            "() => RestoreMachine(state)",
            "() => RestoreMachine(AppliedEntry == EntryId.Zero ? state : Stream.Null)"),
        new(
            "restore-leaves-old-keys",
            "a state that is made anew from the beginning keeps what was there",
            "Runtime",
            "StateMachines/StateMachineHost.Snapshots.cs",
            "() => RestoreMachine(state)",
            "() => { if (head.Entry != EntryId.Zero) { RestoreMachine(state); } }"),
        new(
            "view-shares-what-apply-changes",
            "a view is written from memory that applying entries overwrites meanwhile",
            "Runtime",
            "State/KeyedState.cs",
            "leaf.Epoch > epochs.LatestLive ? leaf : leaf.Copy(epochs.Current, spareBytes)",
            "leaf"),
        new(
            "snapshot-counts-before-durable",
            "the log is forgotten as soon as a view has been taken",
            "Runtime",
            "ReplicaDriver.Snapshots.cs",
            "ReplicaLog.SaveSnapshot(Describe(of), state);",
            "var snapshot = Describe(of); ReplicaLog.SaveSnapshot(snapshot, state); Step(new SnapshotSaved(snapshot));"),
        new(
            "requests-not-remembered",
            "a repeated request is applied again",
            "Runtime",
            "Sessions/SessionTables.cs",
            "if (requests.Find(command.RequestId.Span) is { } record)",
            "if (requests.Find(default) is { } record)"),
        new(
            "request-forgotten-early",
            "a request id is forgotten while a duplicate is still valid",
            "Runtime",
            "Sessions/SessionTables.cs",
            "now + Limits.RetentionMilliseconds, record);",
            "now + (Limits.RetentionMilliseconds / 10), record);"),
        new(
            "lost-leadership-says-rejected",
            "a leader that loses leadership calls what it had appended refused",
            "Runtime",
            "ReplicaDriver.Effects.cs",
            "proposals.Abandon(rejections.LostLeadership(), rejections.NotLeader(change.Leader));",
            "proposals.Abandon(rejections.NotLeader(change.Leader), rejections.NotLeader(change.Leader));"),
        new(
            "asked-index-not-awaited",
            "a read is served before the index that its client asks for is applied",
            "Runtime",
            "ReplicaDriver.Requests.cs",
            " && queries.AtLeast <= view.AppliedEntry.Index)",
            ")"),
        new(
            "read-before-applied",
            "a read is served before the index that it needs is applied",
            "Runtime",
            "ReplicaDriver.Requests.cs",
            "reads.TakeServable(view.AppliedEntry.Index)",
            "reads.TakeServable(Core.LastEntry.Index + 1_000)"),
        new(
            "orphans-never-unquiesced",
            "a silo that loses sight of another unquiesces none of the followers of its leaders",
            "Runtime",
            "Liveness/Orphans.cs",
            "                replica.Unquiesce(isLeaderLost: true);\n",
            ""),
        new(
            "stopped-leader-not-named",
            "a silo does not tell the others that a replica on it has stopped",
            "Runtime",
            "Liveness/LivenessMonitor.cs",
            "if (!stopped.TryAdd(replica))",
            "if (replica.Group.Length == 0)"),
        new(
            "speechless-leader-vouched-for",
            "a silo sends heartbeats for a quiescent leader that has lost the right to speak",
            "Runtime",
            "Liveness/LivenessMonitor.cs",
            "                Stopped(replica.Key);\n",
            ""),
        new(
            "losses-not-compared",
            "a message to another silo is lost, and nothing is compared after it",
            "Runtime",
            "Liveness/SiloLivenessTable.cs",
            "if (silos.TryGetValue(silo, out var known))",
            "if (silos.TryGetValue(silo, out var known) && known.Session < 0)"),
        new(
            "comparison-ignores-log-end",
            "replicas of one leader and term are taken to be quiescent alike, wherever their logs end",
            "Runtime",
            "Liveness/QuiescenceClaim.cs",
            "quiescence.LastEntry.Index : null",
            "LogIndex.Zero : null"),
    ];
}
