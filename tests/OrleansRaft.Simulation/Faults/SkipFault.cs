using OrleansRaft.Core;
using OrleansRaft.Lab;
using OrleansRaft.Runtime;
using OrleansRaft.Simulation.Clients;
using OrleansRaft.Simulation.Machine;
using OrleansRaft.Simulation.Running;

namespace OrleansRaft.Simulation.Faults;

/// <summary>
/// Some commands throw for ever, and an operator skips the entries that halt a group: wherever nobody whom he can reach has applied them. Sometimes a
/// node that he cannot reach has. Sometimes he names an entry that halts nobody.
/// </summary>
internal sealed class SkipFault(LabCluster cluster, Workload workload, MachineTroubles troubles, Action<string> tell)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(1.5);

    private RandomSource random = new(0);
    private bool hasEnded;

    /// <summary>Begins it.</summary>
    /// <returns>What ends it.</returns>
    public Action Apply(Fault fault)
    {
        random = new RandomSource((ulong)(fault.At.Ticks + fault.Strength));
        var spared = fault.Strength % 3 == 0 ? null : cluster.Nodes[fault.Node];
        var divisor = 3 + (fault.Strength % 12);
        foreach (var node in cluster.Nodes)
        {
            troubles.On(node.Index).Poison = node == spared ? default : (divisor, fault.Strength % divisor);
            troubles.On(node.Index).PoisonAfter = workload.History.Count;
        }

        if (spared is not null)
        {
            // It leads, applies what halts the others, and is gone.
            HandOverTo(spared);
            cluster.Clock.Schedule(TimeSpan.FromMilliseconds(random.Next(300, 1_500)), () => Isolate(spared, isCut: !hasEnded));
        }

        cluster.Clock.Schedule(Pause, Operate);
        return () => End(spared, fault.Strength % 2 == 0 ? TimeSpan.Zero : Recovery);
    }

    private void HandOverTo(LabNode node)
    {
        foreach (var replica in node.Replicas)
        {
            if (cluster.LeaderOf(replica.Key.Group) is { } leader && leader != replica)
            {
                leader.TransferLeadership(replica.Key.Replica, Sinks.Ignore);
            }
        }
    }

    private void Isolate(LabNode node, bool isCut)
    {
        foreach (var other in cluster.Nodes.Where(other => other != node))
        {
            cluster.Network[node.Index, other.Index].IsCut = isCut;
            cluster.Network[other.Index, node.Index].IsCut = isCut;
        }
    }

    /// <summary>Another program: it comes with a restart, or the replicas try again by themselves first.</summary>
    private void End(LabNode? spared, TimeSpan untilRestart)
    {
        hasEnded = true;
        if (spared is not null)
        {
            Isolate(spared, isCut: false);
        }

        foreach (var node in cluster.Nodes)
        {
            troubles.On(node.Index).Poison = default;
            troubles.On(node.Index).PoisonAfter = 0;
        }

        // When everything is to be well again, at once.
        cluster.Clock.Schedule(cluster.Clock.Now < SimulationPlan.FaultsFor ? untilRestart : TimeSpan.Zero, RestartHalted);
    }

    private void RestartHalted()
    {
        foreach (var node in cluster.Nodes)
        {
            if (troubles.On(node.Index).Poison == default && node.Replicas.Any(static one => one.Driver.IsMachineHalted))
            {
                node.Stop();
                node.Restart();
            }
        }
    }

    private void Operate()
    {
        if (hasEnded)
        {
            return;
        }

        foreach (var group in cluster.Options.Groups)
        {
            if (cluster.LeaderOf(group) is { Node.IsPaused: false } leader)
            {
                LookAt(leader);
            }
        }

        cluster.Clock.Schedule(Pause, Operate);
    }

    private void LookAt(LabReplica leader)
    {
        if (leader.Driver.MachineHaltedAt is { } halted)
        {
            if (!cluster.ReplicasOf(leader.Key.Group).Any(other => other != leader && Reaches(leader, other) && HasApplied(other, halted.Index)))
            {
                Skip(leader, halted.Index);
            }
        }
        else if (random.Next(0, 4) == 0)
        {
            Skip(leader, leader.AppliedIndex.Next);
        }
    }

    private void Skip(LabReplica leader, LogIndex entry) => cluster.Clock.Schedule(
        TimeSpan.FromMilliseconds(random.Next(1, 30)),
        () => leader.Node.Perform(() => leader.Driver.Skip(entry, new Sink((in Reply reply) => OnAnswer(leader, entry, reply)))));

    private void OnAnswer(LabReplica leader, LogIndex entry, in Reply reply)
    {
        tell($"{leader.Key}: skip entry {entry}: {reply.Kind} {reply.Detail}");
        if (reply.Kind == ReplyKind.Committed && reply.Entry != EntryId.Zero && !leader.HasHaltedAt(entry))
        {
            cluster.Report("a skip of an entry that halted nobody is refused", $"{leader.Key} skipped {entry} by {reply.Entry}");
        }
    }

    private bool Reaches(LabReplica leader, LabReplica other) =>
        !other.Node.IsPaused
        && (other.Node == leader.Node
            || (!cluster.Network[leader.Node.Index, other.Node.Index].IsCut && !cluster.Network[other.Node.Index, leader.Node.Index].IsCut));

    private static bool HasApplied(LabReplica other, LogIndex entry) => other.AppliedIndex >= entry;

    private sealed class Sink(Sink.Answer answer) : IReplySink
    {
        public delegate void Answer(in Reply reply);

        public void OnReplied(ReplyBatch batch) => answer(batch.Replies[0]);
    }
}
