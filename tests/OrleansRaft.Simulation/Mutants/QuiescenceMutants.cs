namespace OrleansRaft.Simulation.Mutants;

internal static class QuiescenceMutants
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new(
            "sleep-commits-another-log",
            "a follower that is told to sleep takes its own log for the leader's",
            "Core",
            "RaftCore.Quiescence.cs",
            "if (log.Last == quiesce.LastEntry && durable == log.Last.Index)",
            "if (durable == log.Last.Index)"),
        new(
            "orphans-sleep-on",
            "a sleeping follower that is told that its leader is lost sleeps on",
            "Core",
            "RaftCore.Quiescence.cs",
            "    private void OnWake(Wake wake)\n    {\n",
            "    private void OnWake(Wake wake)\n    {\n        if (wake.IsLeaderLost)\n        {\n            return;\n        }\n\n"),
        new(
            "messages-wake-nobody",
            "a sleeping replica that is spoken to answers in its sleep",
            "Core",
            "RaftCore.Quiescence.cs",
            "        _ => input is Receive,",
            "        _ => false,"),
    ];
}
