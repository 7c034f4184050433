using OrleansRaft.Lab;
using OrleansRaft.Simulation.Clients;

namespace OrleansRaft.Simulation.Faults;

/// <summary>
/// A follower is away until it needs a snapshot, and at one of the chunks that then pass its transfer is interrupted: by a crash of either side, by
/// another leader, by clients that make the log grow beyond the snapshot, or by a full disk.
/// </summary>
internal sealed class TransferFault
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Downtime = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan RushLength = TimeSpan.FromMilliseconds(800);

    private readonly LabCluster cluster;
    private readonly Workload workload;
    private readonly Fault fault;
    private readonly string group;
    private readonly ReplicaId receiver;
    private readonly LabNode home;
    private readonly List<Action> ends = [];
    private bool hasEnded;

    private TransferFault(LabCluster cluster, Workload workload, Fault fault, LabReplica receiver)
    {
        this.cluster = cluster;
        this.workload = workload;
        this.fault = fault;
        (group, this.receiver, home) = (receiver.Key.Group, receiver.Key.Replica, receiver.Node);
    }

    /// <summary>How long a follower is away and a transfer is waited for.</summary>
    public static TimeSpan LengthOf(int strength) => Absence(strength) + TimeSpan.FromSeconds(2);

    /// <summary>Begins it.</summary>
    /// <returns>What ends it; null when there is nobody to whom it could happen.</returns>
    public static Action? Apply(LabCluster cluster, Workload workload, Fault fault)
    {
        var group = Targets.GroupOf(cluster, fault);
        if (cluster.LeaderOf(group) is not { } leader)
        {
            return null;
        }

        LabReplica[] others = [.. cluster.ReplicasOf(group).Where(replica => replica.Node != leader.Node)];
        return others.Length == 0 ? null : new TransferFault(cluster, workload, fault, others[fault.Node % others.Length]).Begin();
    }

    /// <summary>At any chunk, or in half of all cases near the end, where captures differ.</summary>
    private int Percent => fault.Strength % 2 == 0 ? fault.Strength : 90 + (fault.Strength % 10);

    private static TimeSpan Absence(int strength) => TimeSpan.FromMilliseconds(500 + (strength * 20));

    private Action Begin()
    {
        Isolate(home);
        workload.Rush(group, Absence(fault.Strength));
        cluster.Clock.Schedule(Absence(fault.Strength), ComeBack);
        return End;
    }

    private void End()
    {
        hasEnded = true;
        ends.ForEach(static end => end());
        ends.Clear();
    }

    private void ComeBack()
    {
        if (!hasEnded)
        {
            ends.ForEach(static end => end());
            ends.Clear();
            Watch();
        }
    }

    private void Watch()
    {
        if (hasEnded)
        {
            return;
        }

        var received = cluster.ReplicasOf(group).FirstOrDefault(one => one.Key.Replica == receiver)?.Core?.Status.Receiving;
        if (received is { Bytes: > 0 } part && 100 * part.Bytes >= Percent * part.SizeBytes && cluster.LeaderOf(group) is { } sender)
        {
            Strike(sender);
        }
        else
        {
            cluster.Clock.Schedule(Interval, Watch);
        }
    }

    private void Strike(LabReplica sender)
    {
        switch (fault.Other % 5)
        {
            case 0:
                Crash(home);
                break;
            case 1:
                Crash(sender.Node);
                break;
            case 2:
                // Another one leads, and goes on with a snapshot of its own.
                Isolate(sender.Node);
                break;
            case 3:
                workload.Rush(group, RushLength);
                break;
            default:
                var disk = home.Disk;
                disk.IsFull = true;
                ends.Add(() => disk.IsFull = false);
                break;
        }
    }

    private void Crash(LabNode node)
    {
        if (node is { IsUp: true, IsPaused: false })
        {
            node.Crash();
            cluster.Clock.Schedule(Downtime, node.Restart);
        }
    }

    private void Isolate(LabNode node)
    {
        LabLink[] cut =
        [
            .. cluster.Nodes.Where(other => other != node)
                .SelectMany(other => (LabLink[])[cluster.Network[node.Index, other.Index], cluster.Network[other.Index, node.Index]])
                .Where(static link => !link.IsCut),
        ];
        Array.ForEach(cut, static link => link.IsCut = true);
        ends.Add(() => Array.ForEach(cut, static link => link.IsCut = false));
    }
}
