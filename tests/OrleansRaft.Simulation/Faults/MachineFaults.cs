using OrleansRaft.Lab;
using OrleansRaft.Simulation.Machine;

namespace OrleansRaft.Simulation.Faults;

/// <summary>State machines are slow, or throw: once, on one node, or everywhere until another program is started.</summary>
internal static class MachineFaults
{
    public static Action? Apply(LabCluster cluster, MachineTroubles troubles, Fault fault)
    {
        var node = cluster.Nodes[fault.Node];
        var trouble = troubles.On(fault.Node);
        switch (fault.Kind)
        {
            case FaultKind.MachineSlow when cluster.Options.RunsMachinesApart:
                // Sometimes far beyond every election timeout.
                var more = TimeSpan.FromMilliseconds(fault.Strength < 70 ? fault.Strength : 100 * (fault.Strength - 60));
                node.MachineDelay += more;
                return () => node.MachineDelay -= more;
            case FaultKind.MachineThrowsOnce:
                trouble.ThrowsLeft = 1 + (fault.Strength % 2);
                if (trouble.AreMadeInVain)
                {
                    RestartInVain(fault, node, trouble);
                }

                return () => (trouble.ThrowsLeft, trouble.UnmadeLeft) = (0, 0);
            case FaultKind.MachineThrows:
                return Poison(fault, [(node, trouble)]);
            case FaultKind.MachineThrowsEverywhere:
                return Poison(fault, [.. cluster.Nodes.Select(one => (one, troubles.On(one.Index)))]);
            case FaultKind.MachineKills when cluster.Options.RunsMachinesApart:
                return Kill(fault, [(node, trouble)], troubles);
            case FaultKind.MachineKillsEverywhere when cluster.Options.RunsMachinesApart:
                return Kill(fault, [.. cluster.Nodes.Select(one => (one, troubles.On(one.Index)))], troubles);
            case FaultKind.MachineDrifts:
                trouble.DriftsLeft = 1;
                return () => trouble.DriftsLeft = 0;
            case FaultKind.QueriesThrow:
                trouble.QueriesThrow = true;
                return () => trouble.QueriesThrow = false;
            default:
                return null;
        }
    }

    /// <summary>
    /// Installs another program, and starts it where something is halted that the last one is not given again, or may be: also what a process that
    /// ended by chance had under way in a careful start.
    /// </summary>
    public static void RunAnotherProgram(LabNode node, MachineTroubles troubles)
    {
        troubles.On(node.Index).Program++;
        if (node.Replicas.Any(static replica => replica.Driver.IsMachineHalted || replica.Log!.Stored.Mark is not null))
        {
            node.Stop();
            node.Restart();
        }
    }

    /// <summary>A node is started again, and what its machines need is not there yet: its replicas have logs and votes, and try again.</summary>
    private static void RestartInVain(Fault fault, LabNode node, MachineTrouble trouble)
    {
        trouble.UnmadeLeft = 1 + (fault.Strength % 5);
        if (node.IsUp)
        {
            node.Stop();
            node.Restart();
        }
    }

    /// <summary>What ends it is another program, too; a process that does not run at that moment will be started with it.</summary>
    private static Action Kill(Fault fault, (LabNode Node, MachineTrouble Trouble)[] places, MachineTroubles troubles)
    {
        var divisor = 20 + fault.Strength;
        foreach (var (_, trouble) in places)
        {
            trouble.Deadly = (divisor, fault.Strength % divisor);
        }

        return () =>
        {
            foreach (var (node, trouble) in places)
            {
                trouble.Deadly = default;
                RunAnotherProgram(node, troubles);
            }
        };
    }

    /// <summary>
    /// What ends it is another program: mostly it comes with a restart of what is halted, sometimes the replicas try again by themselves.
    /// </summary>
    private static Action Poison(Fault fault, (LabNode Node, MachineTrouble Trouble)[] places)
    {
        var divisor = 20 + fault.Strength;
        foreach (var (_, trouble) in places)
        {
            trouble.Poison = (divisor, fault.Strength % divisor);
        }

        return () =>
        {
            foreach (var (node, trouble) in places)
            {
                trouble.Poison = default;
                if (node.Replicas.Any(static replica => replica.Driver.IsMachineHalted))
                {
                    node.Stop();
                    node.Restart();
                }
            }
        };
    }
}
