namespace OrleansRaft.Simulation.Faults;

/// <summary>One thing that goes wrong.</summary>
/// <param name="At">When it begins.</param>
/// <param name="Duration">For how long it lasts.</param>
/// <param name="Kind">What.</param>
/// <param name="Node">The first node that it concerns.</param>
/// <param name="Other">A second node.</param>
/// <param name="Strength">How bad: 0 to 99.</param>
internal sealed record Fault(TimeSpan At, TimeSpan Duration, FaultKind Kind, int Node, int Other, int Strength)
{
    /// <summary>Whether clients crowd while it happens: only a crowd sees what is wrong for the moment between two leaders.</summary>
    public bool IsRushed => Kind switch
    {
        FaultKind.Transfer or FaultKind.MachineSkip => true,
        FaultKind.IsolateLeader or FaultKind.OldNews or FaultKind.CrashLeader or FaultKind.PauseLeader or FaultKind.SplitActivation =>
            Strength / 5 % 2 == 0,
        _ => false,
    };

    private string Links => Strength % 2 == 0 ? "on all links" : $"to and from node {Node}";

    /// <summary>What happens, in words.</summary>
    public string Describe() => Kind switch
    {
        FaultKind.Drop => $"messages are lost {Links}",
        FaultKind.Duplicate => $"messages arrive twice {Links}",
        FaultKind.Delay => $"messages are held up {Links}",
        FaultKind.Reorder => $"messages overtake each other {Links}",
        FaultKind.Halves => $"the nodes are cut in halves, from node {Node} on",
        FaultKind.Isolate => $"node {Node} is cut off",
        FaultKind.IsolateLeader => "a leader's node is cut off",
        FaultKind.OneWay => Strength < 50 ? $"nothing that node {Node} says arrives" : $"nothing that is said to node {Node} arrives",
        FaultKind.Bridge => $"two halves hear of each other only by node {Node}",
        FaultKind.Ring => "the nodes hear only their neighbours in a ring",
        FaultKind.Flapping => $"the link between nodes {Node} and {Other} is cut again and again",
        FaultKind.OldNews => "a leader hears everything late, then nobody hears it",
        FaultKind.Crash => $"node {Node} crashes",
        FaultKind.CrashLeader => "a leader's node crashes",
        FaultKind.CrashAll => "all nodes crash",
        FaultKind.CrashInWrite => $"node {Node} crashes in the middle of its next write",
        FaultKind.StopInOrder => $"node {Node} stops in good order",
        FaultKind.Pause => $"node {Node} freezes",
        FaultKind.PauseLeader => "a leader's node freezes",
        FaultKind.SlowNode => $"node {Node} is slow",
        FaultKind.SlowDisk => $"the disk of node {Node} is slow",
        FaultKind.FailingDisk => $"writes to the disk of node {Node} fail",
        FaultKind.HungDisk => $"the disk of node {Node} hangs",
        FaultKind.FullDisk => $"the disk of node {Node} is full",
        FaultKind.BitFlip => $"a bit is flipped on the disk of node {Node}, which crashes",
        FaultKind.ClockRate => $"the clock of node {Node} changes its rate",
        FaultKind.WallClockJump => $"the wall clock of node {Node} jumps",
        FaultKind.Campaign => $"a replica on node {Node} stands for election without need",
        FaultKind.Transfer => "a leader hands its leadership over",
        FaultKind.SecondActivation => $"a replica of node {Node} is activated on node {Other}, too",
        FaultKind.SplitActivation => "a replica is activated a second time, beyond a partition",
        FaultKind.Membership => "members change",
        FaultKind.SplitMembership => "members change on one side of a partition",
        FaultKind.Rejoin => "a member is removed and comes back, while its answers are still on their way",
        FaultKind.Lull => "the clients rest",
        FaultKind.FalseAlarm => $"a leader that lives is reported lost{(Strength % 4 == 0 ? "" : ", and hears only half of its followers")}",
        FaultKind.MachineSlow => $"the state machines of node {Node} are slow",
        FaultKind.MachineThrowsOnce => $"a command throws on node {Node}",
        FaultKind.MachineThrows => $"some commands throw on node {Node}, again and again",
        FaultKind.MachineThrowsEverywhere => "some commands throw on all nodes, again and again",
        FaultKind.MachineKills => $"some commands end the process of node {Node} that applies them",
        FaultKind.MachineKillsEverywhere => "some commands end every process that applies them",
        FaultKind.MachineSkip =>
            $"some commands throw {(Strength % 3 == 0 ? "everywhere" : $"but on node {Node}, which then is cut off")}, and an operator skips them",
        FaultKind.MachineDrifts => $"a command changes more than it should on node {Node}",
        FaultKind.Upgrade => $"node {Node} stops, and comes back with the newer build",
        FaultKind.RollBack => $"node {Node} stops, and comes back with the older build",
        FaultKind.LostMajority => Strength % 3 == 0
            ? "some stores of a group are gone, and an operator tries to let it go on from one that lags"
            : "most stores of a group are gone, an operator lets it go on from one, and the others are found again",
        FaultKind.Finalize => "an operator lets the cluster go over to a later feature level",
        FaultKind.RaiseVersion => "an operator raises the version of the state machines",
        FaultKind.CutTransfer => "a follower is away until it needs a snapshot, whose transfer is then interrupted",
        FaultKind.QueriesThrow => $"all queries throw on node {Node}",
        _ => Kind.ToString(),
    };

    public override string ToString() => $"{At.TotalSeconds,7:0.000}s, for {Duration.TotalSeconds:0.000}s: {Describe()}";
}
