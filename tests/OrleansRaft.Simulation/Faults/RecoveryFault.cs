using OrleansRaft.Core;
using OrleansRaft.Lab;

namespace OrleansRaft.Simulation.Faults;

/// <summary>
/// Most of what a group stored is gone. An operator lets it go on from a replica that is left, gives it members again, and then the others are found:
/// they must stay out. Now and then he tries the same where a majority is left, which must be refused.
/// </summary>
/// <remarks>
/// The replica that is left holds everything that was committed: so nothing is lost that anybody was told, and every check holds as ever. What is
/// lost where it does not is for people to accept.
/// </remarks>
internal sealed class RecoveryFault
{
    private const int LooksMax = 2_000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LookPause = TimeSpan.FromMicroseconds(500);

    private readonly LabCluster cluster;
    private readonly string group;
    private readonly int voters;
    private bool hasEnded;

    private RecoveryFault(LabCluster cluster, string group, int voters)
    {
        this.cluster = cluster;
        this.group = group;
        this.voters = voters;
    }

    public static Action? Apply(LabCluster cluster, Fault fault)
    {
        var group = Targets.GroupOf(cluster, fault);
        if (cluster.LeaderOf(group)?.Configuration is not { IsJoint: false, Learners.IsEmpty: true } members || members.Voters.Length < 3)
        {
            return null;
        }

        var recovery = new RecoveryFault(cluster, group, members.Voters.Length);
        return (fault.Strength % 3) switch
        {
            0 => recovery.Attempt(members, fault),
            1 => recovery.BeginInElection(members, fault),
            _ => recovery.Begin(members, fault),
        };
    }

    /// <summary>A minority is gone; whoever is chosen to go on from may lack what the others acknowledged.</summary>
    private Action? Attempt(Configuration members, Fault fault)
    {
        var lagging = members.Voters.Where(voter => !cluster.HoldsAllCommitted(group, voter)).ToList();
        var chosen = lagging.Count > 0 ? lagging[fault.Node % lagging.Count] : members.Voters[fault.Node % members.Voters.Length];
        cluster.Recover(group, chosen);
        return End;
    }

    private Action? Begin(Configuration members, Fault fault)
    {
        var whole = members.Voters.Where(voter => cluster.HoldsAllCommitted(group, voter)).ToList();
        if (whole.Count == 0)
        {
            return null;
        }

        return Lose(members, whole[fault.Node % whole.Count]) ? End : null;
    }

    /// <summary>The same at the moment when a new leader was elected, of which the survivor has not heard: others have been in later terms.</summary>
    private Action? BeginInElection(Configuration members, Fault fault)
    {
        var candidate = cluster.ReplicasOf(group)
            .Where(replica => replica.Role == RaftRole.Follower && members.IsVoter(replica.Key.Replica))
            .OrderBy(replica => (replica.Key.Replica.Value + fault.Node) % members.Voters.Length)
            .FirstOrDefault();
        if (candidate is null)
        {
            return null;
        }

        candidate.Driver.Post(new Campaign());
        WaitForElection(members, candidate.Term, LooksMax);
        return End;
    }

    private void WaitForElection(Configuration members, Term before, int looks)
    {
        if (hasEnded || looks == 0)
        {
            return;
        }

        if (cluster.LeaderOf(group) is { } leader && leader.Term > before && leader.Configuration == members)
        {
            var behind = members.Voters.FirstOrDefault(voter =>
                voter != leader.Key.Replica && cluster.StoredTermOf(group, voter) < leader.Term && cluster.HoldsAllCommitted(group, voter));
            if (behind != default)
            {
                Lose(members, behind);
                return;
            }
        }

        cluster.Clock.Schedule(LookPause, () => WaitForElection(members, before, looks - 1));
    }

    private bool Lose(Configuration members, ReplicaId survivor)
    {
        cluster.Lose(group, [.. members.Voters.Where(voter => voter != survivor)]);

        // Somebody may have been committing at this moment, and heard of it.
        if (!cluster.HoldsAllCommitted(group, survivor) || !cluster.Recover(group, survivor))
        {
            cluster.FindMissing(group);
            return false;
        }

        cluster.Clock.Schedule(Pause, GiveMembers);
        return true;
    }

    private void End()
    {
        hasEnded = true;
        cluster.FindMissing(group);
    }

    /// <summary>Until the group has as many voters as before, or everything that goes wrong has ended.</summary>
    private void GiveMembers()
    {
        if (hasEnded)
        {
            return;
        }

        if (cluster.LeaderOf(group) is { IsRunning: true, Configuration: { IsJoint: false, Learners.IsEmpty: true } members } leader
            && members.Voters.Length < voters)
        {
            var name = cluster.NextName(group);
            var node = cluster.Nodes.FirstOrDefault(node => node.IsUp && node.Find(group) is null);
            if (node is not null)
            {
                cluster.AddReplica(node.Index, group, name);
                leader.Driver.ChangeMembers([new MemberChange(MemberChangeKind.AddVoterWhenCaughtUp, name)], null, Sinks.Ignore);
            }
        }

        cluster.Clock.Schedule(Pause, GiveMembers);
    }
}
