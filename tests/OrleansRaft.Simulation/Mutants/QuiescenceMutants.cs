namespace OrleansRaft.Simulation.Mutants;

internal static class QuiescenceMutants
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new(
            "quiesce-commits-another-log",
            "a follower that is told to quiesce takes its own log for the leader's",
            "Core",
            "RaftCore.Quiescence.cs",
            "if (log.Last == quiesce.LastEntry && durable == log.Last.Index && !needsState)",
            "if (durable == log.Last.Index && !needsState)"),
        new(
            "orphans-stay-quiescent",
            "a quiescent follower that is told that its leader is lost stays quiescent",
            "Core",
            "RaftCore.Quiescence.cs",
            "    private void OnUnquiesce(Unquiesce unquiesce)\n    {\n",
            "    private void OnUnquiesce(Unquiesce unquiesce)\n    {\n        if (unquiesce.IsLeaderLost)\n        {\n            return;\n        "
                + "}\n\n"),
        new(
            "messages-unquiesce-nobody",
            "a quiescent replica that gets a message answers and stays quiescent",
            "Core",
            "RaftCore.Quiescence.cs",
            "        _ => input is Receive,",
            "        _ => false,"),
        new(
            "learners-seek-no-leader",
            "a replica without a vote that hears no leader waits for one that may be quiescent without it",
            "Core",
            "RaftCore.Elections.cs",
            "        effects.Add(new LeaderSought());\n",
            ""),
    ];
}
