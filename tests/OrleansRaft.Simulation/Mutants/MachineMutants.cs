namespace OrleansRaft.Simulation.Mutants;

internal static class MachineMutants
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new(
            "users-machine-on-the-turn",
            "a user's machine is applied by the thread that steps",
            "Runtime",
            "ReplicaDriver.cs",
            "worker = executor is null || machine.IsBounded ? null",
            "worker = executor is null || !machine.IsBounded ? null"),
        new(
            "query-ends-replica",
            "a query that throws ends its replica",
            "Runtime",
            "StateMachines/StateMachineHost.cs",
            "return Reply.Rejected(RejectionReason.MachineFailed, null, 0, MachineException.Sentence(\"The query\", exception));",
            "throw new InvalidOperationException(\"The query\", exception);"),
        new(
            "thrown-entry-passed-over",
            "an entry that throws counts as applied",
            "Runtime",
            "StateMachines/StateMachineHost.Applying.cs",
            "throw new MachineException(\"Apply\", exception);",
            "_ = exception; foreach (var record in batch.Records) { record.Result = Encode(default!); }"),
        new(
            "halted-reads-on",
            "a halted replica answers a linearizable read from the state that it has",
            "Runtime",
            "ReplicaDriver.Requests.cs",
            "answers.AnswerAll(unreached, RejectHalted());",
            "Serve(unreached);"),
        new(
            "dirty-machine-goes-on",
            "what waits for a machine that threw is done before its state is restored",
            "Runtime",
            "Machines/MachineQueue.cs",
            "isBroken = job.Failure is not null;",
            "isBroken = false;"),
        new(
            "half-applied-captured",
            "a snapshot is taken of a machine whose state is being made anew",
            "Runtime",
            "ReplicaDriver.Snapshots.cs",
            "            || isRebuilding\n            || isInstalling\n            || IsHalted",
            ""),
        new(
            "skip-not-replicated",
            "only the leader that decides it skips an entry",
            "Core",
            "RaftCore.Skipping.cs",
            "        AppendOwn(EntryKind.Skip, SkipDecisionCodec.Encode(log[propose.Entry].Id));\n        skips.Note(log[log.Last.Index]);",
            "        AppendOwn(EntryKind.NoOp, ReadOnlyMemory<byte>.Empty);\n        skips.Note(log[log.Last.Index] with "
                + "{ Kind = EntryKind.Skip, Body = SkipDecisionCodec.Encode(log[propose.Entry].Id) });"),
        new(
            "skip-by-unhalted",
            "a replica that is not halted at an entry skips it",
            "Runtime",
            "ReplicaDriver.Skipping.cs",
            "halt is not { } halted ? rejections.SkipNotHalted(entry)\n        : halted.Entry is not { } at ? "
                + "rejections.SkipNoEntry(entry, halted.Cause)\n        : at.Index != entry ? rejections.SkipOther(entry, at.Index)\n        : ",
            ""),
        new(
            "skip-keeps-state",
            "a replica that has applied an entry keeps its state when it learns that the entry is skipped",
            "Runtime",
            "ReplicaDriver.Skipping.cs",
            "if (decided.Entry > handedOut ||",
            "if (decided.Entry > handedOut || decided.Entry <= view.AppliedEntry.Index ||"),
        new(
            "skip-unknown-to-snapshot",
            "a snapshot that does not know of a skip is used",
            "Core",
            "RaftCore.Skipping.cs",
            "Skipped.FirstNotIn(known, through) is null;",
            "Skipped.FirstNotIn(known, through) is null || true;"),
    ];
}
