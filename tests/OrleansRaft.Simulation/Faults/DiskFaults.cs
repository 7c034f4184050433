using OrleansRaft.Lab;

namespace OrleansRaft.Simulation.Faults;

/// <summary>Disks are slow, fail, hang, are full, or rot.</summary>
internal static class DiskFaults
{
    public static Action? Apply(LabCluster cluster, Fault fault)
    {
        var disk = cluster.Nodes[fault.Node].Disk;
        switch (fault.Kind)
        {
            case FaultKind.SlowDisk:
                var more = TimeSpan.FromMilliseconds(10 + (fault.Strength * 3));
                disk.LatencyMax += more;
                return () => disk.LatencyMax -= more;
            case FaultKind.FailingDisk:
                disk.FailuresPerMillion = 20_000 + (fault.Strength * 3_000);
                return () => disk.FailuresPerMillion = 0;
            case FaultKind.HungDisk:
                disk.IsHung = true;
                return () => disk.IsHung = false;
            case FaultKind.FullDisk:
                disk.IsFull = true;
                return () => disk.IsFull = false;
            default:
                return Rot(cluster, fault);
        }
    }

    /// <summary>Flips a bit of one replica of the node while the node is down. Such a replica is lost; a group must lose only a minority.</summary>
    private static Action? Rot(LabCluster cluster, Fault fault)
    {
        var node = cluster.Nodes[fault.Node];
        var rotten = node.Replicas.Where(replica => MaySpare(cluster, replica)).Take(1).Select(replica => replica.Key).ToArray();
        if (!node.IsUp || node.IsPaused || rotten.Length == 0)
        {
            return null;
        }

        node.Crash();
        foreach (var key in rotten)
        {
            cluster.FlipBit(key.Group, key.Replica);
        }

        return node.Restart;
    }

    private static bool MaySpare(LabCluster cluster, LabReplica replica)
    {
        var voters = cluster.Options.Replicas == 0 ? cluster.Options.Nodes : cluster.Options.Replicas;
        return cluster.RottenReplicas.Count(key => key.Group == replica.Key.Group) + 1 < (voters + 1) / 2;
    }
}
