using OrleansRaft.Core;
using OrleansRaft.Simulation.Faults;

namespace OrleansRaft.Simulation.Running;

/// <summary>
/// Draws the faults of a run. Each seed has its favourites and leaves others out: what needs three crashes in a row is rare where everything happens
/// a little.
/// </summary>
internal static class FaultSchedule
{
    private static readonly TimeSpan MoreForSkips = TimeSpan.FromSeconds(3);

    private static readonly FaultKind[] Planned =
    [
        .. Enum.GetValues<FaultKind>().Where(kind =>
            kind < FaultKind.MachineDrifts && kind is not (FaultKind.MachineKills or FaultKind.MachineKillsEverywhere)),
    ];

    public static Fault[] Make(RandomSource random, int nodes, bool sharedDisks, RaftOptions raft)
    {
        // Replicas rot, or members change, but not both: together they could leave a group without a majority for good.
        var changesMembers = random.Next(0, 100) < 45;
        FaultKind[] possible = [.. Planned.Where(kind => IsPossible(kind, nodes, sharedDisks, changesMembers))];
        FaultKind[] kinds = random.Next(0, 100) < 25 ? possible : ChooseFavourites(random, possible, raft, changesMembers);
        FaultKind[] certain = [.. kinds.Where(IsCertain)];

        // More are planned than must happen, because some find nothing to act on; every third one is of a kind that always does.
        var faults = new Fault[random.Next(22, 34)];
        for (var i = 0; i < faults.Length; i++)
        {
            var from = i % 3 == 0 ? certain : kinds;
            var fault = new Fault(
                TimeSpan.FromMilliseconds(random.Next(500, (int)SimulationPlan.FaultsFor.TotalMilliseconds)),
                TimeSpan.FromMilliseconds(random.Next(0, 100) < 80 ? random.Next(50, 3_000) : random.Next(3_000, 10_000)),
                from[random.Next(0, from.Length)],
                random.Next(0, nodes),
                random.Next(0, nodes),
                random.Next(0, 100));

            // A group halts, perhaps elects, and has to be found halted.
            faults[i] = fault.Kind == FaultKind.MachineSkip ? fault with { Duration = fault.Duration + MoreForSkips } : fault;
        }

        Array.Sort(faults, static (one, other) => one.At.CompareTo(other.At));
        return faults;
    }

    /// <summary>Draws commands that end the processes which apply them: long enough that every process comes to serve without them.</summary>
    public static Fault[] MakeDeadly(RandomSource random, int nodes) =>
    [
        .. Enumerable.Range(0, random.Next(1, 3)).Select(_ => new Fault(
            TimeSpan.FromMilliseconds(random.Next(1_000, 30_000)),
            TimeSpan.FromMilliseconds(random.Next(5_000, 20_000)),
            random.Next(0, 2) == 0 ? FaultKind.MachineKills : FaultKind.MachineKillsEverywhere,
            random.Next(0, nodes),
            0,
            random.Next(0, 100))),
    ];

    /// <summary>Draws groups that lose their majorities.</summary>
    public static Fault[] MakeLostMajorities(RandomSource random, int nodes) =>
    [
        .. Enumerable.Range(0, random.Next(1, 4)).Select(_ => new Fault(
            TimeSpan.FromMilliseconds(random.Next(3_000, 45_000)),
            TimeSpan.FromMilliseconds(random.Next(2_000, 12_000)),
            FaultKind.LostMajority,
            random.Next(0, nodes),
            0,
            random.Next(0, 100))),
    ];

    /// <summary>Draws states that go wrong: on few nodes, or nobody could say which are right.</summary>
    public static Fault[] MakeDrifts(RandomSource random, int nodes)
    {
        var node = random.Next(0, nodes);
        return
        [
            .. Enumerable.Range(0, random.Next(1, 4)).Select(_ => new Fault(
                TimeSpan.FromMilliseconds(random.Next(1_000, 45_000)),
                TimeSpan.FromSeconds(3),
                FaultKind.MachineDrifts,
                random.Next(0, 4) == 0 ? random.Next(0, nodes) : node,
                0,
                0)),
        ];
    }

    /// <summary>Draws followers that need a snapshot and do not get it in one go.</summary>
    public static Fault[] MakeCutTransfers(RandomSource random, int nodes) =>
    [
        .. Enumerable.Range(0, random.Next(2, 5)).Select(_ =>
        {
            var strength = random.Next(0, 100);
            return new Fault(
                TimeSpan.FromMilliseconds(random.Next(1_000, 44_000)),
                TransferFault.LengthOf(strength),
                FaultKind.CutTransfer,
                random.Next(0, nodes),
                random.Next(0, 5),
                strength);
        }),
    ];

    /// <summary>Draws upgrades: node after node comes back with the newer build, some go back, and an operator may raise the version.</summary>
    /// <param name="random">Draws.</param>
    /// <param name="nodes">How many nodes there are.</param>
    /// <param name="areRaised">Whether an operator raises it.</param>
    public static Fault[] MakeUpgrades(RandomSource random, int nodes, bool areRaised)
    {
        var faults = new List<Fault>();
        var pace = random.Next(1_000, 30_000 / nodes);
        var begin = random.Next(1_000, 18_000);
        for (var node = 0; node < nodes; node++)
        {
            // Some are forgotten, so that a version stays as it is for long.
            if (random.Next(0, 100) < 85)
            {
                Add(FaultKind.Upgrade, node, begin + (node * pace));
            }

            if (random.Next(0, 100) < 25)
            {
                Add(FaultKind.RollBack, node, random.Next(1_000, 48_000));
            }
        }

        for (var raise = 0; areRaised && raise < 3; raise++)
        {
            Add(FaultKind.RaiseVersion, 0, random.Next(2_000, 48_000));
        }

        return [.. faults.OrderBy(static fault => fault.At)];

        void Add(FaultKind kind, int node, int at) => faults.Add(new Fault(
            TimeSpan.FromMilliseconds(at), TimeSpan.FromMilliseconds(random.Next(50, 1_000)), kind, node, 0, random.Next(0, 100)));
    }

    private static bool IsPossible(FaultKind kind, int nodes, bool sharedDisks, bool changesMembers) => kind switch
    {
        FaultKind.Ring => nodes > 3,
        FaultKind.SecondActivation or FaultKind.SplitActivation => sharedDisks,
        FaultKind.BitFlip => !changesMembers,
        FaultKind.Membership or FaultKind.SplitMembership or FaultKind.Rejoin => changesMembers,
        _ => true,
    };

    private static bool IsCertain(FaultKind kind) => kind
        is <= FaultKind.OldNews or FaultKind.Crash or FaultKind.CrashAll or FaultKind.CrashInWrite
            or FaultKind.SlowNode or FaultKind.SlowDisk or FaultKind.FailingDisk or FaultKind.HungDisk
        or FaultKind.FullDisk or FaultKind.ClockRate or FaultKind.WallClockJump;

    private static FaultKind[] ChooseFavourites(RandomSource random, FaultKind[] possible, RaftOptions raft, bool changesMembers)
    {
        var chosen = new SortedSet<FaultKind>();
        Draw(random.Next(1, 4), IsCertain);
        Draw(random.Next(2, 8), static _ => true);
        if (changesMembers)
        {
            Draw(1, static kind => kind is FaultKind.Membership or FaultKind.SplitMembership or FaultKind.Rejoin);
        }

        if (raft.LeaderLease)
        {
            Draw(2, static kind => kind is FaultKind.Transfer or FaultKind.OldNews or FaultKind.PauseLeader or FaultKind.FalseAlarm);
        }

        if (raft.QuiesceTicks > 0)
        {
            chosen.Add(FaultKind.Lull);
        }

        return [.. chosen];

        void Draw(int count, Func<FaultKind, bool> condition)
        {
            FaultKind[] from = [.. possible.Where(condition)];
            for (var i = 0; i < count; i++)
            {
                chosen.Add(from[random.Next(0, from.Length)]);
            }
        }
    }
}
