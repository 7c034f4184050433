namespace OrleansRaft.Simulation.Mutants;

internal static class ReplicationMutants
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new(
            "old-term-counted",
            "a leader commits an entry of an earlier term by counting replicas (Figure 8)",
            "Core",
            "RaftCore.Replication.cs",
            "if (index > CommitIndex && log.IdAt(index)!.Value.Term == CurrentTerm)",
            "if (index > CommitIndex)"),
        new(
            "no-truncation",
            "a follower keeps entries that conflict with its leader's",
            "Core",
            "RaftCore.Replication.cs",
            "if (entry.Index <= CommitIndex || log.Contains(entry.Id))",
            "if (entry.Index <= log.Last.Index)"),
        new(
            "stale-append-truncates",
            "a shorter AppendEntries that is merely late cuts off what follows it",
            "Core",
            "RaftCore.Replication.cs",
            "        return block.Last;\n    }",
            "        if (log.Last.Index > block.Last.Index)\n        {\n            TruncateAfter(block.Last.Index);\n        }\n\n        "
                + "return block.Last;\n    }"),
        new(
            "commit-not-clamped",
            "a follower commits as far as the leader says, beyond what it knows to match",
            "Core",
            "RaftCore.Replication.cs",
            "CommitThrough(LogIndex.Min(append.LeaderCommit, matched.Index));",
            "CommitThrough(LogIndex.Min(append.LeaderCommit, log.Last.Index));"),
        new(
            "answer-before-persist",
            "a follower acknowledges entries before they are durable",
            "Core",
            "RaftCore.Replication.cs",
            "AcknowledgementTicket(matched.Index));",
            "PersistTicket.Zero);"),
        new(
            "leader-counts-unwritten",
            "a leader counts itself for entries that are not durable on it",
            "Core",
            "RaftCore.cs",
            "voter == Id ? durable.Value :",
            "voter == Id ? log.Last.Index.Value :"),
        new(
            "overwritten-write-counts",
            "the completion of a write counts for what another term wrote over it meanwhile (ABA)",
            "Core",
            "RaftCore.Persistence.cs",
            "write.Last = LogIndex.Min(write.Last, index);",
            "write.Last = LogIndex.Max(write.Last, index);"),
        new(
            "chunk-of-another-capture-accepted",
            "a transfer goes on with another leader's snapshot of the same entries, whatever its checksum says",
            "Core",
            "RaftCore.Snapshots.cs",
            "        if (!ContinuesStaging(install))",
            "        install = install with { Snapshot = install.Snapshot with { Checksum = null } };\n        if (staging != install.Snapshot)"),
        new(
            "chunk-ahead-accepted",
            "a chunk is put aside behind a gap",
            "Core",
            "RaftCore.Snapshots.cs",
            "if (install.Offset != givenBytes || ",
            "if (install.Offset < givenBytes || "),
        new(
            "chunk-acknowledged-before-staged",
            "a chunk is acknowledged that the store has been given and not put aside yet",
            "Core",
            "RaftCore.Snapshots.cs",
            "install.Snapshot.LastIncluded, stagedBytes, false",
            "install.Snapshot.LastIncluded, givenBytes, false"),
    ];
}
