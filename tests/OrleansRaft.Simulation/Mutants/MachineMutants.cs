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
            "return Reply.Rejected(RejectionReason.MachineFailed, null, 0, new MachineException(\"The query\", exception).Message);",
            "throw new InvalidOperationException(\"The query\", exception);"),
        new(
            "thrown-entry-passed-over",
            "an entry that throws counts as applied",
            "Runtime",
            "StateMachines/StateMachineHost.cs",
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
    ];
}
