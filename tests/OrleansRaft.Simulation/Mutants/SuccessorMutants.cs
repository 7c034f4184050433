namespace OrleansRaft.Simulation.Mutants;

internal static class SuccessorMutants
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new(
            "halted-successor",
            "a halted leader hands over to whoever has the longest log, halted or not",
            "Core",
            "RaftCore.Transfer.cs",
            "peer.IsHalted == than.IsHalted ? peer.Match.Index > than.Match.Index : than.IsHalted;",
            "peer.Match.Index > than.Match.Index;"),
        new(
            "halted-leader-stays",
            "a leader does not notice that its state machine is halted",
            "Runtime",
            "ReplicaDriver.Halting.cs",
            "if (Core.HasSoundSuccessor &&",
            "if (Core.HasSoundSuccessor && !IsHalted &&"),
    ];
}
