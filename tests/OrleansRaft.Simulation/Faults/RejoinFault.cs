using OrleansRaft.Core;
using OrleansRaft.Lab;
using OrleansRaft.Runtime;

namespace OrleansRaft.Simulation.Faults;

/// <summary>
/// A member is removed, loses its log, and comes back under its name, while answers that it gave before are still on their way to the leader: they
/// must not be taken for answers of the member that it is now (etcd-io/raft#349).
/// </summary>
internal sealed class RejoinFault : IReplySink
{
    private const int VotersMin = 3;

    private readonly LabCluster cluster;
    private readonly Fault fault;
    private readonly LabReplica leader;
    private readonly LabReplica member;

    private RejoinFault(LabCluster cluster, Fault fault, LabReplica leader, LabReplica member)
    {
        this.cluster = cluster;
        this.fault = fault;
        this.leader = leader;
        this.member = member;
    }

    public static Action? Apply(LabCluster cluster, Fault fault)
    {
        var group = Targets.GroupOf(cluster, fault);
        if (cluster.LeaderOf(group) is not { Configuration: { IsJoint: false } current } leader || current.Voters.Length < VotersMin)
        {
            return null;
        }

        LabReplica[] others = [.. cluster.ReplicasOf(group).Where(replica => replica.Node != leader.Node && current.IsVoter(replica.Key.Replica))];
        return others.Length == 0 ? null : new RejoinFault(cluster, fault, leader, others[fault.Node % others.Length]).Begin();
    }

    void IReplySink.OnReplied(ReplyBatch batch)
    {
        if (batch.Replies[0].Kind == ReplyKind.Committed)
        {
            cluster.RemoveReplica(leader.Key.Group, member.Key.Replica);
            cluster.Clock.Schedule(TimeSpan.FromMilliseconds(10 + fault.Strength), ComeBack);
        }
    }

    private Action Begin()
    {
        var late = cluster.Network[member.Node.Index, leader.Node.Index];
        var lag = TimeSpan.FromMilliseconds(300 + (fault.Strength * 10));
        (late.LatencyMin, late.LatencyMax) = (late.LatencyMin + lag, late.LatencyMax + lag);
        leader.Driver.ChangeMembers([new MemberChange(MemberChangeKind.Remove, member.Key.Replica)], null, this);
        return () => (late.LatencyMin, late.LatencyMax) = (late.LatencyMin - lag, late.LatencyMax - lag);
    }

    private void ComeBack()
    {
        var (group, name) = (leader.Key.Group, member.Key.Replica);
        if (!leader.IsRunning || leader != cluster.LeaderOf(group) || cluster.NamesOf(group).Contains(name))
        {
            return;
        }

        // It has no vote until its log reaches this change: as a voter at once, it could leave the others without a majority.
        cluster.AddReplica(member.Node.Index, group, name);
        leader.Driver.ChangeMembers([new MemberChange(MemberChangeKind.AddVoterWhenCaughtUp, name)], null, Sinks.Ignore);
    }
}
