namespace OrleansRaft.Simulation.Mutants;

internal static class ReadMutants
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new(
            "read-confirmed-by-old-answer",
            "an answer to an old heartbeat confirms a later read",
            "Core",
            "RaftCore.Replication.cs",
            "ConfirmReads(peer, response.ReadSequence);",
            "ConfirmReads(peer, readSequence);"),
        new(
            "read-unconfirmed",
            "a leader serves reads without asking whether it still leads",
            "Core",
            "RaftCore.Reads.cs",
            "else if (allowLease && HoldsLease(now))",
            "else if (allowLease || !allowLease)"),
        new(
            "read-before-no-op",
            "a new leader serves reads before an entry of its term is committed",
            "Core",
            "RaftCore.Reads.cs",
            "else if (!IsTermCommitted)",
            "else if (!IsTermCommitted && ReadsWaiting < 0)"),
        new(
            "stale-lease-read",
            "a lease lasts ten times as long as it may, and outlives the leadership",
            "Core",
            "RaftCore.Reads.cs",
            "settings.TickMilliseconds * 9 / 10;",
            "settings.TickMilliseconds * 90 / 10;"),
        new(
            "lease-survives-transfer",
            "a leader that hands its leadership over goes on reading by its lease",
            "Core",
            "RaftCore.Transfer.cs",
            "isLeaseForfeited = true;",
            "isLeaseForfeited = false;"),
        new(
            "promise-ends-with-leader-lost",
            "a follower that confirmed a lease votes and stands as soon as its leader is reported lost",
            "Core",
            "RaftCore.Quiescence.cs",
            "ticksSinceLeaderContact = settings.ElectionTicksMin;",
            "ticksSinceLeaderContact = settings.ElectionTicksMin;\n        promise = null;"),
        new(
            "promise-ends-with-leader-gone",
            "a follower that confirmed a lease votes and stands as soon as its leader's process is said to have ended",
            "Core",
            "RaftCore.Elections.cs",
            "ticksSinceLeaderContact = settings.ElectionTicksMin;",
            "ticksSinceLeaderContact = settings.ElectionTicksMin;\n        promise = null;"),
    ];
}
