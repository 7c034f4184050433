using System.Collections.Immutable;

namespace OrleansRaft.Core;

/// <summary>How one configuration becomes another: pure (§6, thesis §4.3).</summary>
internal static class MembershipChange
{
    /// <summary>The most members that a configuration may have.</summary>
    public const int MembersMax = 64;

    /// <summary>
    /// Makes the configuration that changes lead to: directly when at most one vote changes (thesis §4.1), through a joint configuration otherwise.
    /// </summary>
    /// <param name="current">The configuration in force; not joint.</param>
    /// <param name="changes">What to change; at least one.</param>
    /// <param name="index">The index of the entry that will hold it.</param>
    /// <param name="joint">What to do about the joint configuration.</param>
    /// <returns>The next configuration; null when the changes make no sense: they name a replica twice, remove a stranger, or leave no
    /// voter.</returns>
    public static Configuration? Apply(
        Configuration current, IReadOnlyList<MemberChange> changes, LogIndex index, JointTransition joint = JointTransition.Automatic)
    {
        Invariant.Holds(!current.IsJoint, "a joint configuration is left before the next change");
        var members = current.Members.ToDictionary(member => member.Id);
        var voters = current.Voters.ToHashSet();
        var learners = current.Learners.ToHashSet();
        var seen = new HashSet<ReplicaId>();
        foreach (var change in changes)
        {
            if (change.Replica.Value <= 0 || !seen.Add(change.Replica) || !Change(change, index, members, voters, learners))
            {
                return null;
            }
        }

        if (voters.Count == 0 || members.Count > MembersMax)
        {
            return null;
        }

        var votesChanged = voters.Except(current.Voters).Count() + current.Voters.Except(voters).Count();
        return joint == JointTransition.Automatic && votesChanged <= 1
            ? Simple(index, members, voters, learners)
            : Joint(current, index, members, voters, learners, joint != JointTransition.Explicit);
    }

    /// <summary>The configuration after a joint one.</summary>
    public static Configuration Leave(Configuration joint, LogIndex index)
    {
        Invariant.Holds(joint.IsJoint, "only a joint configuration is left");
        HashSet<ReplicaId> learners = [.. joint.Learners, .. joint.LearnersNext];
        var kept = joint.Members.Where(member => joint.Voters.Contains(member.Id) || learners.Contains(member.Id));
        return Simple(index, kept.ToDictionary(member => member.Id), [.. joint.Voters], learners);
    }

    private static bool Change(
        MemberChange change, LogIndex index, Dictionary<ReplicaId, Member> members, HashSet<ReplicaId> voters, HashSet<ReplicaId> learners)
    {
        var isMember = members.ContainsKey(change.Replica);
        if (change.Kind == MemberChangeKind.Remove)
        {
            voters.Remove(change.Replica);
            learners.Remove(change.Replica);
            return members.Remove(change.Replica);
        }

        var member = isMember ? members[change.Replica] : new Member(change.Replica, index, change.Priority, change.Store);
        members[change.Replica] = member with { PromotesWhenCaughtUp = change.Kind == MemberChangeKind.AddVoterWhenCaughtUp };
        if (change.Kind == MemberChangeKind.AddVoterWhenCaughtUp && voters.Contains(change.Replica))
        {
            return false;
        }

        var (to, from) = change.Kind == MemberChangeKind.AddVoter ? (voters, learners) : (learners, voters);
        from.Remove(change.Replica);
        to.Add(change.Replica);
        return true;
    }

    private static Configuration Simple(
        LogIndex index, Dictionary<ReplicaId, Member> members, HashSet<ReplicaId> voters, HashSet<ReplicaId> learners) => new()
        {
            Version = index,
            Members = [.. members.Values.OrderBy(member => member.Id)],
            Voters = Sorted(voters),
            Learners = Sorted(learners),
        };

    private static Configuration Joint(
        Configuration current,
        LogIndex index,
        Dictionary<ReplicaId, Member> members,
        HashSet<ReplicaId> voters,
        HashSet<ReplicaId> learners,
        bool leavesAutomatically)
    {
        // Old voters stay members until the joint configuration is left; those that become learners cannot be both at once.
        foreach (var outgoing in current.Voters)
        {
            members.TryAdd(outgoing, current.Find(outgoing)!);
        }

        return new Configuration
        {
            Version = index,
            Members = [.. members.Values.OrderBy(member => member.Id)],
            Voters = Sorted(voters),
            OutgoingVoters = current.Voters,
            Learners = Sorted(learners.Except(current.Voters)),
            LearnersNext = Sorted(learners.Intersect(current.Voters)),
            LeavesAutomatically = leavesAutomatically,
        };
    }

    private static ImmutableArray<ReplicaId> Sorted(IEnumerable<ReplicaId> ids) => [.. ids.Order()];
}

/// <summary>How a change passes through a joint configuration.</summary>
internal enum JointTransition
{
    /// <summary>Only when more than one vote changes; the leader leaves it by itself.</summary>
    Automatic = 0,

    /// <summary>Always; the leader leaves it by itself.</summary>
    Implicit = 1,

    /// <summary>Always; it is left by another change, an empty one.</summary>
    Explicit = 2,
}
