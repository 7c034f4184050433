using OrleansRaft.Core;
using OrleansRaft.Lab;
using OrleansRaft.Runtime;

namespace OrleansRaft.Simulation.Faults;

/// <summary>Members come and go. No fault in itself, but much that goes wrong elsewhere is worse in the middle of it.</summary>
internal static class MembershipFaults
{
    private const int VotersMin = 3;
    private const int VotersMax = 7;

    public static Action? Apply(LabCluster cluster, Fault fault)
    {
        var group = Targets.GroupOf(cluster, fault);
        if (cluster.LeaderOf(group) is not { Configuration: { IsJoint: false } current } leader)
        {
            return null;
        }

        var removed = current.Voters[fault.Node % current.Voters.Length];
        var added = cluster.NextName(group);
        MemberChange[] changes = (fault.Strength % 4) switch
        {
            0 when current.Voters.Length > VotersMin => [new MemberChange(MemberChangeKind.Remove, removed)],
            1 when current.Voters.Length < VotersMax => [new MemberChange(MemberChangeKind.AddVoter, added)],
            2 => [new MemberChange(MemberChangeKind.AddLearner, added)],
            _ => [new MemberChange(MemberChangeKind.AddVoter, added), new MemberChange(MemberChangeKind.Remove, removed)],
        };

        var adds = Array.Exists(changes, change => change.Replica == added);
        if (adds)
        {
            Add(cluster, fault.Other, group);
        }

        leader.Driver.ChangeMembers(changes, current.Version, new Retiring(cluster, group, changes, adds ? [added] : []));
        return static () => { };
    }

    /// <summary>
    /// Members change while the leader's node is alone: with new voters beside the leader, which would be a majority if the old ones were not asked;
    /// or one removal behind the other, which would leave a majority if the second did not wait for the first.
    /// </summary>
    public static Action? ApplySplit(LabCluster cluster, Fault fault)
    {
        var group = Targets.GroupOf(cluster, fault);
        if (cluster.LeaderOf(group) is not { Configuration: { IsJoint: false } current } leader || current.Voters.Length < VotersMin)
        {
            return null;
        }

        ReplicaId[] others = [.. current.Voters.Where(voter => voter != leader.Key.Replica)];
        if ((fault.Strength / 10) % 2 == 0)
        {
            SwapAlone(cluster, leader, others[..(current.Voters.Length / 2)]);
        }
        else
        {
            RemoveOneBehindTheOther(cluster, leader, others);
        }

        return cluster.Heal;
    }

    private static void SwapAlone(LabCluster cluster, LabReplica leader, ReplicaId[] replaced)
    {
        var (node, group) = (leader.Node.Index, leader.Key.Group);
        cluster.Network.Isolate(node);
        var added = replaced.Select(_ => Add(cluster, node, group)).ToArray();
        MemberChange[] swap =
            [
                .. added.Select(one => new MemberChange(MemberChangeKind.AddVoter, one)),
                .. replaced.Select(one => new MemberChange(MemberChangeKind.Remove, one)),
            ];
        leader.Driver.ChangeMembers(swap, null, new Retiring(cluster, group, swap, added));
    }

    /// <summary>The largest minority that has the leader removes as many others as would make it a majority.</summary>
    private static void RemoveOneBehindTheOther(LabCluster cluster, LabReplica leader, ReplicaId[] others)
    {
        var friends = (others.Length - 1) / 2;
        LabReplica[] side = [leader, .. cluster.ReplicasOf(leader.Key.Group).Where(replica => others.Contains(replica.Key.Replica)).Take(friends)];
        cluster.Network.Partition([.. side.Select(replica => replica.Node.Index).Distinct()]);
        var removed = others.Except(side.Select(replica => replica.Key.Replica)).Take(others.Length + 2 - (2 * side.Length));
        foreach (var other in removed)
        {
            MemberChange[] removal = [new MemberChange(MemberChangeKind.Remove, other)];
            leader.Driver.ChangeMembers(removal, null, new Retiring(cluster, leader.Key.Group, removal, []));
        }
    }

    /// <summary>Takes replicas away that are no members any more, as an operator does. To be called while the groups are healthy.</summary>
    public static void RetireStrangers(LabCluster cluster)
    {
        foreach (var group in cluster.Options.Groups)
        {
            if (cluster.LeaderOf(group)?.Configuration is { } current)
            {
                foreach (var name in cluster.NamesOf(group).Where(name => !current.Contains(name)).ToArray())
                {
                    cluster.RemoveReplica(group, name);
                }
            }
        }
    }

    private static ReplicaId Add(LabCluster cluster, int node, string group)
    {
        var added = cluster.NextName(group);
        cluster.AddReplica(node, group, added);
        return added;
    }

    /// <summary>Takes a removed replica away some time after its removal is certain; so it stays as a disturbance for a while.</summary>
    private sealed class Retiring(LabCluster cluster, string group, MemberChange[] changes, ReplicaId[] added) : IReplySink
    {
        private static readonly TimeSpan Delay = TimeSpan.FromSeconds(2);

        public void OnReplied(ReplyBatch batch)
        {
            switch (batch.Replies[0].Kind)
            {
                case ReplyKind.Committed:
                    foreach (var change in changes.Where(change => change.Kind == MemberChangeKind.Remove))
                    {
                        cluster.Clock.Schedule(Delay, () => cluster.RemoveReplica(group, change.Replica));
                    }

                    break;
                case ReplyKind.Rejected:
                    foreach (var refused in added)
                    {
                        cluster.Clock.Schedule(Delay, () => cluster.RemoveReplica(group, refused));
                    }

                    break;
            }
        }
    }
}
