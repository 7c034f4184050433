using System.Collections.Immutable;

namespace OrleansRaft.Core;

/// <summary>The members of a group and their votes (§6). While <see cref="IsJoint"/>, decisions need a majority of both sets of voters.</summary>
/// <remarks>All arrays are sorted by id, so that equal configurations have equal bytes. Compared by value.</remarks>
public sealed record Configuration
{
    /// <summary>The index of the entry that holds this configuration; 0 for the one a group starts from. Changes are conditional on it.</summary>
    public LogIndex Version { get; init; }

    /// <summary>Every replica that any of the sets below names, once each.</summary>
    public required ImmutableArray<Member> Members { get; init; }

    /// <summary>The voters; while joint, the new ones (C-new).</summary>
    public required ImmutableArray<ReplicaId> Voters { get; init; }

    /// <summary>While joint, the old voters (C-old); empty otherwise.</summary>
    public ImmutableArray<ReplicaId> OutgoingVoters { get; init; } = [];

    /// <summary>Replicas that receive the log but have no vote (thesis §4.2.1).</summary>
    public ImmutableArray<ReplicaId> Learners { get; init; } = [];

    /// <summary>While joint, old voters that become learners when the joint configuration is left.</summary>
    public ImmutableArray<ReplicaId> LearnersNext { get; init; } = [];

    /// <summary>Whether the leader leaves the joint configuration by itself once it is committed.</summary>
    public bool LeavesAutomatically { get; init; }

    /// <summary>Whether two sets of voters must agree.</summary>
    public bool IsJoint => !OutgoingVoters.IsEmpty;

    /// <summary>A configuration of <paramref name="voters"/> voters named 1, 2, 3, ..., as new groups start with.</summary>
    /// <param name="voters">How many; at least 1.</param>
    public static Configuration OfVoters(int voters)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(voters, 1);
        return OfVoters([.. Enumerable.Range(1, voters).Select(id => new Member(new ReplicaId(id), LogIndex.Zero))]);
    }

    /// <summary>A configuration in which every one of <paramref name="members"/> votes.</summary>
    public static Configuration OfVoters(ImmutableArray<Member> members)
    {
        ImmutableArray<Member> sorted = [.. members.OrderBy(member => member.Id)];
        return new Configuration { Members = sorted, Voters = [.. sorted.Select(member => member.Id)] };
    }

    /// <summary>Whether the replica has a vote in either set of voters.</summary>
    public bool IsVoter(ReplicaId replica) => Voters.Contains(replica) || OutgoingVoters.Contains(replica);

    /// <summary>Whether any set names the replica.</summary>
    public bool Contains(ReplicaId replica) => Find(replica) is not null;

    /// <summary>The member of that name, if there is one.</summary>
    public Member? Find(ReplicaId replica)
    {
        foreach (var member in Members)
        {
            if (member.Id == replica)
            {
                return member;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public bool Equals(Configuration? other) =>
        other is not null
        && Version == other.Version
        && LeavesAutomatically == other.LeavesAutomatically
        && Members.SequenceEqual(other.Members)
        && Voters.SequenceEqual(other.Voters)
        && OutgoingVoters.SequenceEqual(other.OutgoingVoters)
        && Learners.SequenceEqual(other.Learners)
        && LearnersNext.SequenceEqual(other.LearnersNext);

    /// <inheritdoc/>
    public override int GetHashCode() => unchecked((int)Version.Value * 31) + Members.Length;

    /// <inheritdoc/>
    public override string ToString() =>
        $"v{Version} ({string.Join(' ', Voters)})"
        + (IsJoint ? $"&({string.Join(' ', OutgoingVoters)})" : "")
        + (Learners.IsEmpty ? "" : $" learners ({string.Join(' ', Learners)})")
        + (LearnersNext.IsEmpty ? "" : $" next learners ({string.Join(' ', LearnersNext)})");
}
