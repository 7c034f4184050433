using System.Collections.Immutable;

namespace OrleansRaft.Core;

/// <summary>
/// What became of comparing the states of a group's members at one entry: what each of them made of the same log, and what that says.
/// </summary>
/// <param name="Entry">The entry of the comparison: each digest is of the state that holds exactly the log up to it.</param>
/// <param name="Members">All members of the configuration at that entry, which is not joint, sorted by id.</param>
internal sealed record Comparison(EntryId Entry, ImmutableArray<MemberDigest> Members)
{
    /// <summary>What a majority of the voters holds; null when no state is held by one.</summary>
    public StateDigest? Majority { get; } = FindMajority(Members);

    /// <summary>What the digests say.</summary>
    public ComparisonVerdict Verdict =>
        !Differ() ? (IsComplete() ? ComparisonVerdict.Equal : ComparisonVerdict.Incomplete)
        : !Wrong.IsEmpty ? ComparisonVerdict.Diverged
        : MayBeDecided() ? ComparisonVerdict.Undecided
        : ComparisonVerdict.NoMajority;

    /// <summary>The members whose state is not what a majority of the voters holds, although they run its program.</summary>
    public ImmutableArray<ReplicaId> Wrong =>
        Majority is { } right ? [.. Members.Where(member => member.Digest?.Contradicts(right) is true).Select(static member => member.Replica)] : [];

    /// <inheritdoc/>
    public bool Equals(Comparison? other) => other is not null && Entry == other.Entry && Members.SequenceEqual(other.Members);

    /// <inheritdoc/>
    public override int GetHashCode() => Entry.GetHashCode();

    private static StateDigest? FindMajority(ImmutableArray<MemberDigest> members)
    {
        var needed = Quorum.Size(members.Count(static member => member.IsVoter));
        foreach (var member in members)
        {
            if (member is { IsVoter: true, Digest: { } digest } && CountVoters(members, digest) >= needed)
            {
                return digest;
            }
        }

        return null;
    }

    private static int CountVoters(ImmutableArray<MemberDigest> members, StateDigest digest) =>
        members.Count(member => member.IsVoter && member.Digest == digest);

    private bool Differ() => Members.Any(one => one.Digest is { } digest && Members.Any(other => other.Digest?.Contradicts(digest) is true));

    /// <summary>
    /// Whether every member has made a digest, all with one program: a comparison that could not be made is not one that was passed.
    /// </summary>
    private bool IsComplete() => Members.All(member => member.Digest is { } digest && Members[0].Digest?.IsComparableTo(digest) is true);

    /// <summary>Whether voters that made no digest could make a majority of what another one holds.</summary>
    private bool MayBeDecided()
    {
        var voters = Members.Count(static member => member.IsVoter);
        var silent = Members.Count(static member => member is { IsVoter: true, Digest: null });
        return Members.Any(member =>
            member is { IsVoter: true, Digest: { } digest } && CountVoters(Members, digest) + silent >= Quorum.Size(voters));
    }
}

/// <summary>What one member made of its state at a comparison.</summary>
/// <param name="Replica">Which member.</param>
/// <param name="IsVoter">Whether it has a vote.</param>
/// <param name="Digest">Its digest; null when it made none.</param>
/// <param name="IsHalted">Whether it said that it makes none, since its state machine goes no further.</param>
internal readonly record struct MemberDigest(ReplicaId Replica, bool IsVoter, StateDigest? Digest, bool IsHalted);

/// <summary>What a comparison says. The values are part of the binary form.</summary>
public enum ComparisonVerdict
{
    /// <summary>Every member has made a digest with the same program, and all are equal.</summary>
    Equal = 0,

    /// <summary>
    /// No two digests contradict each other, but a member has made none, or another program made it: nothing is known of that member.
    /// </summary>
    Incomplete = 1,

    /// <summary>A majority of the voters holds one state, and a member that runs its program another: that member is wrong.</summary>
    Diverged = 2,

    /// <summary>Members differ, and nobody can say which of them are wrong.</summary>
    NoMajority = 3,

    /// <summary>Members differ, and voters that made no digest could say which of them are wrong.</summary>
    Undecided = 4,
}
