using OrleansRaft.Core;
using OrleansRaft.Lab;
using OrleansRaft.Simulation.Clients;
using OrleansRaft.Simulation.Faults;
using OrleansRaft.Simulation.Machine;

namespace OrleansRaft.Simulation.Running;

/// <summary>Everything that a seed decides before the first step.</summary>
internal sealed record SimulationPlan
{
    /// <summary>How long faults may begin.</summary>
    public static readonly TimeSpan FaultsFor = TimeSpan.FromSeconds(50);

    /// <summary>How much time passes in all, at least.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(60);

    /// <summary>How many operations the clients begin, at least.</summary>
    public const int Operations = 500;

    /// <summary>Far more steps than any sound run takes.</summary>
    public const long StepsMax = 1_500_000;

    public required ulong Seed { get; init; }

    public required int Nodes { get; init; }

    public required int Replicas { get; init; }

    public required int Groups { get; init; }

    public required bool SharedDisks { get; init; }

    public required bool EncodeMessages { get; init; }

    public required bool TellsLosses { get; init; }

    /// <summary>Whether state machines run apart from the turns that step Raft, as users' do.</summary>
    public required bool RunsMachinesApart { get; init; }

    /// <summary>How many step workers each node has; with several, passes over replicas are interrupted where the seed says so.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Whether the threads of disks carry pulses, as those of stores do.</summary>
    public bool CarriesPulses => Seed % 2 == 1;

    /// <summary>Whether snapshots begin with a view of a machine's state, which is written while the machine goes on.</summary>
    public bool HasViews { get; init; }

    /// <summary>Whether, after all faults, single ones happen to groups that nobody writes to.</summary>
    public required bool IsStillAtTheEnd { get; init; }

    /// <summary>Whether, after all faults, the state machines of a leader and most of its followers halt.</summary>
    public bool HaltsLeader { get; init; }

    /// <summary>Which build of the state machine each node begins with.</summary>
    public IReadOnlyList<int> FirstBuilds { get; init; } = [];

    /// <summary>The newest feature level that the program of each node supports to begin with.</summary>
    public IReadOnlyList<int> FirstLevels { get; init; } = [];

    /// <summary>The newest feature level that the program supports which runs everywhere when all faults have ended.</summary>
    public int LastLevel { get; init; } = FeatureLevels.Newest;

    /// <summary>Whether clients do not say of a command that only the newer build knows it, as an application may forget to.</summary>
    public bool ForgetsMarks { get; init; }

    /// <summary>The build that runs everywhere when all faults have ended.</summary>
    public int LastBuild { get; init; } = MachineTrouble.NewBuild;

    /// <summary>Whether, after all faults, all nodes but one go back to the older build, although the version was raised.</summary>
    public bool LeavesOneUpgraded { get; init; }

    /// <summary>How state machines are not deterministic.</summary>
    public Deviation Deviation { get; init; }

    /// <summary>
    /// Whether replicas must be found to differ at the end: a run of machines that are not deterministic passes when the checks notice.
    /// </summary>
    public bool IsDivergenceExpected { get; init; }

    /// <summary>Whether all programs write the same state in the same bytes.</summary>
    public bool ProgramsWriteAlike { get; init; } = true;

    /// <summary>Whether machines that have views know the digest of their state, so that none is made of a view.</summary>
    public bool MeasuresStates { get; init; }

    /// <summary>
    /// Whether a machine that throws once throws where it is made, too, when its node is started again. Of a part of all seeds, and not drawn: what
    /// others draw stays as it was.
    /// </summary>
    public bool MakesInVain => Seed % 4 == 1;

    /// <summary>Whether replicas may come to hold different states.</summary>
    public bool MayDiverge => IsDivergenceExpected || Faults.Any(static fault => fault.Kind == FaultKind.MachineDrifts);

    public required RaftOptions Raft { get; init; }

    public required ClientSettings Clients { get; init; }

    // The largest states that the clients' operations make, roughly.
    private const int StateBytesMax = 64 * 1024;

    /// <summary>The longest usual latency between two nodes.</summary>
    public required TimeSpan LatencyMax { get; init; }

    /// <summary>Each node's clock rate in microseconds for a true second.</summary>
    public required IReadOnlyList<long> ClockRates { get; init; }

    public required IReadOnlyList<Fault> Faults { get; init; }

    /// <summary>
    /// How long the group may take to serve again after the last fault: ten election timeouts, the lease of a predecessor that died, and the chunks
    /// of a snapshot, one after the other.
    /// </summary>
    public TimeSpan RecoveryMax =>
        (Raft.ElectionTicksMax * Raft.TickInterval * 10)
        + (SharedDisks ? LabCluster.RightToSpeakLength : TimeSpan.Zero)
        + (2 * LatencyMax * (StateBytesMax / Raft.SnapshotChunkBytes));

    public override string ToString() =>
        $"seed {Seed}: {Nodes} nodes, {Groups} groups of {Replicas}, {(SharedDisks ? "shared" : "local")} disks"
        + $"{(Raft.PreVote ? "" : ", no pre-vote")}{(Raft.CheckQuorum ? "" : ", no check-quorum")}{(Raft.LeaderLease ? ", leases" : "")}{(Raft.QuiesceTicks > 0 ? ", quiescence" : "")}"
        + $"{(RunsMachinesApart ? ", machines apart" : "")}"
        + $"{(Workers > 1 ? $", {Workers} workers" : "")}{(CarriesPulses ? ", carried pulses" : "")}{(HasViews ? ", views" : "")}{(Deviation == Deviation.None ? "" : ", machines that are not deterministic")}, {Faults.Count} faults";
}
