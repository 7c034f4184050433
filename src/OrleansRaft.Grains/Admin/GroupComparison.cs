using OrleansRaft.Core;

namespace OrleansRaft.Grains.Admin;

/// <summary>What became of comparing the states of a group's replicas at one entry of its log.</summary>
/// <param name="Group">The group's name.</param>
/// <param name="Entry">The entry: each digest is of the state that holds exactly the log up to it.</param>
/// <param name="Verdict">What the digests say. Only <see cref="ComparisonVerdict.Equal"/> says that all replicas hold the same.</param>
/// <param name="Replicas">The replicas, sorted by id.</param>
/// <param name="Detail">What the digests say, in a sentence.</param>
public sealed record GroupComparison(
    string Group, EntryId Entry, ComparisonVerdict Verdict, IReadOnlyList<ReplicaComparison> Replicas, string Detail)
{
    /// <summary>Whether all replicas made a digest, and all are the same.</summary>
    public bool IsEqual => Verdict == ComparisonVerdict.Equal;
}

/// <summary>What one replica made of its state at a comparison.</summary>
/// <param name="Replica">Its id within the group.</param>
/// <param name="Silo">The name of the silo that hosts it; null when none is known.</param>
/// <param name="IsVoter">Whether it has a vote.</param>
/// <param name="Digest">Its digest; null when it made none, which proves nothing.</param>
/// <param name="IsEqual">Whether it holds what a majority of the voters holds; null when that is not known.</param>
/// <param name="Problem">Why it made no digest; empty when it made one.</param>
public sealed record ReplicaComparison(ReplicaId Replica, string? Silo, bool IsVoter, StateDigest? Digest, bool? IsEqual, string Problem);
