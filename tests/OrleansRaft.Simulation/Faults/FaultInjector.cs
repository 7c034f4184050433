using OrleansRaft.Lab;
using OrleansRaft.Simulation.Clients;
using OrleansRaft.Simulation.Machine;

namespace OrleansRaft.Simulation.Faults;

/// <summary>Lets a schedule of faults happen to a cluster, and ends them.</summary>
internal sealed class FaultInjector(LabCluster cluster, Workload workload, MachineTroubles troubles, Action<string> tell)
{
    /// <summary>
    /// Clients that are to see a change of leaders begin to crowd a little before it: then something is on its way when it happens.
    /// </summary>
    private static readonly TimeSpan RushLead = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RushLength = TimeSpan.FromMilliseconds(800);

    private readonly Dictionary<FaultKind, int> counts = [];
    private readonly List<(Fault Fault, Action End)> active = [];

    private bool isCalm;

    /// <summary>How often each kind of fault happened, by name in the order of the enumeration.</summary>
    public SortedDictionary<FaultKind, int> Counts
    {
        get
        {
            var all = new SortedDictionary<FaultKind, int>(counts);
            Add(FaultKind.TornWrite, cluster.TornWrites);
            Add(FaultKind.LostWrite, cluster.LostWrites);
            Add(FaultKind.SkippedEntry, workload.Ledger.Skipped.Count);
            Add(FaultKind.DiscardedEntry, workload.Ledger.Skipped.Count(static skip => skip.WasApplied));
            return all;

            void Add(FaultKind kind, int count)
            {
                if (count > 0)
                {
                    all.Add(kind, count);
                }
            }
        }
    }

    public void Schedule(IEnumerable<Fault> faults)
    {
        foreach (var fault in faults)
        {
            cluster.Clock.Schedule(fault.At, () => Begin(fault));
            if (fault.IsRushed)
            {
                cluster.Clock.Schedule(fault.At - RushLead, () => workload.Rush(Targets.GroupOf(cluster, fault), RushLength));
            }
        }
    }

    /// <summary>Ends everything that goes wrong, for good, and lets one build run everywhere.</summary>
    /// <param name="build">Which.</param>
    /// <param name="level">The newest feature level that it supports; the newest there is, where the cluster works at that already.</param>
    public void Calm(int build, int level)
    {
        isCalm = true;
        active.ForEach(one => one.End());
        active.Clear();
        cluster.Heal();
        foreach (var node in cluster.Nodes)
        {
            node.Resume();
            MachineFaults.RunAnotherProgram(node, troubles);
            VersionFaults.Install(node, troubles, build);
            VersionFaults.InstallLevel(node, Math.Max(level, cluster.Levels.InForce));
            node.Restart();
        }
    }

    private void Begin(Fault fault)
    {
        if (isCalm)
        {
            return;
        }

        if (Apply(fault) is { } end)
        {
            counts[fault.Kind] = counts.GetValueOrDefault(fault.Kind) + 1;
            tell($"! {fault.Describe()}");
            active.Add((fault, end));
            cluster.Clock.Schedule(fault.Duration, () => End(fault, end));
        }
    }

    private void End(Fault fault, Action end)
    {
        if (active.Remove((fault, end)))
        {
            tell($"! no longer: {fault.Describe()}");
            end();
        }
    }

    private Action Rest(Fault fault)
    {
        workload.Rest(fault.Duration);
        return static () => { };
    }

    /// <summary>Begins a fault.</summary>
    /// <returns>What ends it; null when it does not apply here.</returns>
    private Action? Apply(Fault fault) => fault.Kind switch
    {
        <= FaultKind.Reorder => LinkFaults.Apply(cluster, fault),
        <= FaultKind.OldNews => PartitionFaults.Apply(cluster, fault),
        <= FaultKind.SlowNode => ProcessFaults.Apply(cluster, fault),
        <= FaultKind.BitFlip => DiskFaults.Apply(cluster, fault),
        FaultKind.SplitMembership => MembershipFaults.ApplySplit(cluster, fault),
        FaultKind.Membership => MembershipFaults.Apply(cluster, fault),
        FaultKind.Lull => Rest(fault),
        FaultKind.Rejoin => RejoinFault.Apply(cluster, fault),
        FaultKind.LostMajority => RecoveryFault.Apply(cluster, fault),
        FaultKind.MachineDrifts => MachineFaults.Apply(cluster, troubles, fault),
        FaultKind.Upgrade or FaultKind.RollBack or FaultKind.RaiseVersion or FaultKind.Finalize => VersionFaults.Apply(cluster, troubles, fault),
        FaultKind.CutTransfer => TransferFault.Apply(cluster, workload, fault),
        FaultKind.MachineSkip => new SkipFault(cluster, workload, troubles, tell).Apply(fault),
        >= FaultKind.MachineSlow and <= FaultKind.MachineKillsEverywhere => MachineFaults.Apply(cluster, troubles, fault),
        _ => OtherFaults.Apply(cluster, fault),
    };
}
