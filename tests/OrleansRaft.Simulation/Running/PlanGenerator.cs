using OrleansRaft.Core;
using OrleansRaft.Simulation.Clients;
using OrleansRaft.Simulation.Faults;
using OrleansRaft.Simulation.Machine;

namespace OrleansRaft.Simulation.Running;

/// <summary>Draws a plan from a seed.</summary>
internal static class PlanGenerator
{
    private const int PlainThresholdBytes = 8 * 1024 * 1024;

    private static readonly int[] Sizes = [3, 3, 3, 3, 5, 5, 5, 4, 6, 7];

    public static SimulationPlan Make(ulong seed)
    {
        var random = new RandomSource(seed);
        var nodes = Sizes[random.Next(0, Sizes.Length)];
        var shared = Percent(random, 40);
        var raft = MakeOptions(random);
        var plan = new SimulationPlan
        {
            Seed = seed,
            Nodes = nodes,
            Replicas = Percent(random, 80) ? nodes : 3,
            Groups = random.Next(1, nodes > 5 ? 2 : 4),
            SharedDisks = shared,
            EncodeMessages = Percent(random, 20),
            Raft = raft,
            Clients = MakeClients(random, raft),
            LatencyMax = TimeSpan.FromMilliseconds(Percent(random, 75) ? random.Next(1, 4) : random.Next(5, 25)),
            ClockRates = [.. Enumerable.Range(0, nodes).Select(_ => (long)random.Next(976_000, 1_024_000))],
            TellsLosses = Percent(random, 50),
            RunsMachinesApart = false,
            IsStillAtTheEnd = Percent(random, 40),
            Faults = FaultSchedule.Make(random, nodes, shared, raft),
        };
        // What was drawn first stays as it was: seeds that are quoted somewhere keep most of their faults.
        plan = plan with { RunsMachinesApart = Percent(random, 50) };
        raft.HeartbeatsTellCommit = Percent(random, 50);
        raft.RoundBytesMin = Percent(random, 50) ? random.Next(1, 4_096) : 0;
        raft.RoundWaitMax = TimeSpan.FromMilliseconds(Percent(random, 50) ? random.Next(1, 10) : 0);
        plan = plan with { HaltsLeader = Percent(random, 30) };
        if (plan.RunsMachinesApart && Percent(random, 30))
        {
            plan = plan with { Faults = [.. plan.Faults.Concat(FaultSchedule.MakeDeadly(random, nodes)).OrderBy(static fault => fault.At)] };
        }

        if (Percent(random, 4))
        {
            plan = plan with
            {
                Deviation = Percent(random, 50) ? Deviation.Randomness : Deviation.Order,
                IsDivergenceExpected = true,
                HaltsLeader = false,
            };
        }

        raft.CompareEntries = Percent(random, 60) ? random.Next(5, 200) : 0;
        raft.CompareInterval = TimeSpan.FromSeconds(random.Next(5, 60));
        plan = plan with { ProgramsWriteAlike = Percent(random, 85), MeasuresStates = seed % 2 == 0 };
        if (Percent(random, 15))
        {
            plan = plan with { Faults = [.. plan.Faults.Concat(FaultSchedule.MakeDrifts(random, nodes)).OrderBy(static fault => fault.At)] };
        }

        plan = MixBuilds(random, plan);
        plan = plan with { HasViews = Percent(random, 50) };
        if (raft.SnapshotThresholdBytes < PlainThresholdBytes && Percent(random, 20))
        {
            // Small chunks of captures that differ at their ends, so that it is seen what is left out of one, or taken of another.
            // And in most seeds one at a time, so that a transfer is not over before anything strikes.
            raft.SnapshotChunkBytes = random.Next(128, 512);
            raft.InflightMessagesMax = seed % 4 == 0 ? raft.InflightMessagesMax : 1;
            plan = plan with
            {
                HasViews = true,
                MeasuresStates = true,
                Faults = [.. plan.Faults.Concat(FaultSchedule.MakeCutTransfers(random, nodes)).OrderBy(static fault => fault.At)],
            };
        }

        plan = plan with { Workers = Percent(random, 50) ? 1 : random.Next(2, 4) };
        plan = Percent(random, 8) ? LoseMajorities(random, plan) : plan;
        return MixFormats(random, plan);
    }

    /// <summary>Groups lose their majorities; nothing rots and no members change as well: together, nothing might be left.</summary>
    private static SimulationPlan LoseMajorities(RandomSource random, SimulationPlan plan)
    {
        var others = plan.Faults.Where(static fault => fault.Kind
            is not (FaultKind.BitFlip or FaultKind.Membership or FaultKind.SplitMembership or FaultKind.Rejoin or FaultKind.MachineSkip));
        return plan with { Faults = [.. others.Concat(FaultSchedule.MakeLostMajorities(random, plan.Nodes)).OrderBy(static fault => fault.At)] };
    }

    /// <summary>
    /// Every run mixes programs of two feature levels, which come and go with the builds of the machine, and ends at the later one, unless the
    /// cluster was never to go over to it.
    /// </summary>
    private static SimulationPlan MixFormats(RandomSource random, SimulationPlan plan)
    {
        var goesBack = Percent(random, 10);
        plan.Raft.AutoFinalize = Percent(random, 60) && !goesBack;
        var isFinalized = !goesBack && (!plan.Raft.AutoFinalize || Percent(random, 20));
        Fault[] raises =
        [
            .. Enumerable.Range(0, isFinalized ? 4 : 0).Select(_ => new Fault(
                TimeSpan.FromMilliseconds(random.Next(2_000, 48_000)),
                TimeSpan.Zero,
                FaultKind.Finalize,
                random.Next(0, plan.Nodes),
                0,
                random.Next(0, 100))),
        ];
        return plan with
        {
            FirstLevels = [.. Enumerable.Range(0, plan.Nodes).Select(_ => Percent(random, 25) ? FeatureLevels.Newest : FeatureLevels.Oldest)],
            LastLevel = goesBack ? FeatureLevels.Oldest : FeatureLevels.Newest,
            Faults =
            [
                .. plan.Faults
                    .Select(
                        fault => fault.Kind is FaultKind.Upgrade or FaultKind.RollBack ? fault with { Other = Percent(random, 85) ? 1 : 0 } : fault)
                    .Concat(raises)
                    .OrderBy(static fault => fault.At),
            ],
        };
    }

    /// <summary>
    /// Every run mixes two builds of the state machine, and ends with one of them: with the newer, unless nothing can have needed it.
    /// </summary>
    private static SimulationPlan MixBuilds(RandomSource random, SimulationPlan plan)
    {
        var goesBack = Percent(random, 10);
        plan.Raft.AutoRaise = Percent(random, 60) && !goesBack;
        var upgrades = FaultSchedule.MakeUpgrades(random, plan.Nodes, areRaised: !goesBack && (!plan.Raft.AutoRaise || Percent(random, 20)));
        return plan with
        {
            FirstBuilds = [.. Enumerable.Range(0, plan.Nodes).Select(_ => Percent(random, 25) ? MachineTrouble.NewBuild : MachineTrouble.OldBuild)],
            ForgetsMarks = Percent(random, 15) && !goesBack,
            LastBuild = goesBack ? MachineTrouble.OldBuild : MachineTrouble.NewBuild,
            LeavesOneUpgraded = Percent(random, 25),
            Faults = [.. plan.Faults.Concat(upgrades).OrderBy(static fault => fault.At)],
        };
    }

    private static RaftOptions MakeOptions(RandomSource random)
    {
        var checkQuorum = Percent(random, 85);
        var small = Percent(random, 70);
        var lease = checkQuorum && Percent(random, 45);
        var patient = Percent(random, lease ? 60 : 15);
        return new RaftOptions
        {
            ElectionTicksMin = patient ? 8 : 4,
            ElectionTicksMax = patient ? 14 : 8,
            PreVote = Percent(random, 85),
            CheckQuorum = checkQuorum,
            LeaderLease = lease,
            AppendBytesMax = Percent(random, 40) ? random.Next(512, 4_096) : 512 * 1024,
            InflightMessagesMax = Percent(random, 40) ? random.Next(1, 8) : 64,
            ApplyBytesMax = Percent(random, 30) ? random.Next(256, 4_096) : 1024 * 1024,
            SnapshotThresholdBytes = small ? random.Next(1_024, 24_576) : PlainThresholdBytes,
            SnapshotChunkBytes = small ? random.Next(128, 4_096) : 256 * 1024,
            KeptEntries = small ? random.Next(0, 50) : 1_000,
            QuiesceTicks = Percent(random, 30) ? random.Next(2, 12) : 0,
            RunApplyBytesMax = 4 * 1024 * 1024,
            RunInputsMax = Percent(random, 30) ? random.Next(1, 16) : 256,

            // Where nobody can say which state is right, the run goes on.
            StopOnDivergence = false,
            RequestRetention = Percent(random, 50) ? TimeSpan.FromSeconds(random.Next(15, 40)) : TimeSpan.FromMinutes(10),
        };
    }

    private static ClientSettings MakeClients(RandomSource random, RaftOptions raft) => new()
    {
        Clients = random.Next(5, 9),
        Keys = random.Next(2, 6),
        ThinkMax = TimeSpan.FromMilliseconds(random.Next(400, 700)),
        Patience = TimeSpan.FromSeconds(Percent(random, 70) ? random.Next(8, 15) : random.Next(1, 4)),
        Validity = raft.RequestRetention < TimeSpan.FromMinutes(1) ? raft.RequestRetention / 3 : TimeSpan.FromSeconds(30),
        UsesLease = raft.LeaderLease,
    };

    private static bool Percent(RandomSource random, int percent) => random.Next(0, 100) < percent;
}
