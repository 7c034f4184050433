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
        FaultKind.Transfer => true,
        FaultKind.IsolateLeader or FaultKind.OldNews or FaultKind.CrashLeader or FaultKind.PauseLeader or FaultKind.SplitActivation => Strength / 5 % 2 == 0,
        _ => false,
    };

    public override string ToString() =>
        $"{At.TotalSeconds,7:0.000}s for {Duration.TotalSeconds:0.000}s: {Kind} (node {Node}, other {Other}, strength {Strength})";
}
