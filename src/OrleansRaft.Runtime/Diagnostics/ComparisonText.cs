using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Diagnostics;

/// <summary>What came of a comparison of states, in sentences.</summary>
internal static class ComparisonText
{
    /// <summary>What the comparison says.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="comparison">The comparison.</param>
    public static string Of(string group, Comparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        var missing = string.Join(";", comparison.Members.Select(member => Missing(member, comparison)).Where(static text => text.Length > 0));
        return comparison.Verdict switch
        {
            ComparisonVerdict.Equal => $"At entry {comparison.Entry.Index} all replicas of {group} hold the same state.",
            ComparisonVerdict.Incomplete => $"The states of {group} could not all be compared at entry {comparison.Entry.Index}:{missing}.",
            ComparisonVerdict.Diverged =>
                $"At entry {comparison.Entry.Index} the state of {Replicas(comparison.Wrong)} of {group} differs from what a majority of its voters "
                    + $"holds{(missing.Length > 0 ? $";{missing}" : "")}.",
            _ =>
                $"At entry {comparison.Entry.Index} the states of {group} differ, and no majority of its voters holds one of them: "
                    + $"{string.Join(", ", comparison.Members.Where(static member => member.Digest is not null).Select(Holds))}"
                    + $"{(missing.Length > 0 ? $";{missing}" : "")}.",
        };
    }

    /// <summary>What to do about states that differ.</summary>
    /// <param name="comparison">The comparison.</param>
    /// <param name="stops">Whether the group stops where no majority holds one state.</param>
    internal static string RemedyOf(Comparison comparison, bool stops) => comparison.Verdict switch
    {
        ComparisonVerdict.Diverged =>
            "The state of the replica is replaced by its leader's, and compared again. If it differs again, the replica stops: look for a state "
                + "machine that is not deterministic, or for faulty memory of its silo.",
        ComparisonVerdict.Undecided => "Start the replicas that did not answer: they may tell which of the others are wrong.",
        _ => RemedyWithoutMajority(stops),
    };

    /// <summary>What to do where nobody can say which replicas are wrong.</summary>
    internal static string RemedyWithoutMajority(bool stops) =>
        (stops
            ? $"The group serves stale reads only, until its silos start with {RaftOptions.SectionName}:{nameof(RaftOptions.StopOnDivergence)} off. "
            : $"The group goes on, since {RaftOptions.SectionName}:{nameof(RaftOptions.StopOnDivergence)} is off. ")
        + "Find out which replica is right, let it lead (oraft group transfer), and replace the others as members; and look for a state machine "
        + "that is not deterministic.";

    /// <summary>What to do about a replica that was wrong again.</summary>
    internal const string RemedyOfStopped =
        "The replica stays stopped until its silo starts anew. Look for a state machine that is not deterministic (oraft group compare), or for "
            + "faulty memory of its silo; then replace the replica as a member.";

    private static string Holds(MemberDigest member) => $"replica {member.Replica} holds {Shortened(member.Digest!.Value.ToString())}";

    private static string Shortened(string digest) => digest.Length > 12 ? digest[..12] : digest;

    private static string Missing(MemberDigest member, Comparison comparison) => member switch
    {
        { IsHalted: true } => $" the state machine of replica {member.Replica} goes no further",
        { Digest: null } => $" replica {member.Replica} did not answer",
        { Digest: { } digest } when comparison.Members.Any(other => other.Digest is { } than && !than.IsComparableTo(digest)) =>
            $" replica {member.Replica} runs program {digest.Program:x16}",
        _ => "",
    };

    private static string Replicas(IReadOnlyCollection<ReplicaId> replicas) =>
        $"{(replicas.Count == 1 ? "replica" : "replicas")} {string.Join(", ", replicas)}";
}
