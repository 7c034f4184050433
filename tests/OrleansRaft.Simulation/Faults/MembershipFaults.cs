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
            cluster.AddReplica(fault.Other, group, added);
        }

        leader.Driver.ChangeMembers(changes, current.Version, new Retiring(cluster, group, changes, adds ? added : null));
        return static () => { };
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

    /// <summary>Takes a removed replica away some time after its removal is certain; so it stays as a disturbance for a while.</summary>
    private sealed class Retiring(LabCluster cluster, string group, MemberChange[] changes, ReplicaId? added) : IReplySink
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
                case ReplyKind.Rejected when added is { } refused:
                    cluster.Clock.Schedule(Delay, () => cluster.RemoveReplica(group, refused));
                    break;
            }
        }
    }
}
