namespace OrleansRaft.Simulation.Mutants;

internal static class MembershipMutants
{
    public static IReadOnlyList<Mutant> All { get; } =
    [
        new(
            "configuration-on-apply",
            "a configuration is in force only when it is applied",
            "Core",
            "RaftCore.Membership.cs",
            "public Configuration Configuration => configurations.Latest;",
            "public Configuration Configuration => configurations.At(AppliedIndex);"),
        new(
            "old-majority-ignored",
            "a joint configuration commits without a majority of the old voters",
            "Core",
            "Quorum.cs",
            "? Math.Min(value, Reached(configuration.OutgoingVoters.AsSpan(), reached))",
            "? Math.Max(value, value)"),
        new(
            "old-voters-not-asked",
            "a candidate wins without a majority of the old voters",
            "Core",
            "Quorum.cs",
            "        if (!configuration.IsJoint)\n        {\n            return result;",
            "        if (!configuration.IsJoint || configuration.IsJoint)\n        {\n            return result;"),
        new(
            "changes-at-once",
            "a change of members begins while another is not committed",
            "Core",
            "RaftCore.Membership.cs",
            "if (!IsTermCommitted || Configuration.Version > CommitIndex)",
            "if (!IsTermCommitted)"),
        new(
            "snapshot-configuration-too-new",
            "a snapshot carries a configuration newer than its index",
            "Core",
            "RaftCore.Membership.cs",
            "ConfigurationAt(LogIndex index) => configurations.At(index);",
            "ConfigurationAt(LogIndex index) => configurations.At(index + 1_000_000);"),
        new(
            "re-added-node-confused",
            "an answer of a member's former life counts for the member that came back under its name",
            "Core",
            "RaftCore.Replication.cs",
            " || peer.Member.Session != session)",
            " || peer.Member.Session < LogIndex.Zero)"),
        new(
            "truncated-configuration-stays",
            "truncation leaves the configuration that it cut off in force",
            "Core",
            "ConfigurationHistory.cs",
            "configurations[^1].Version > index)",
            "configurations[^1].Version > index + 1_000_000)"),
    ];
}
