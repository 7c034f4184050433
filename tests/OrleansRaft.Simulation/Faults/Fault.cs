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
    public override string ToString() =>
        $"{At.TotalSeconds,7:0.000}s for {Duration.TotalSeconds:0.000}s: {Kind} (node {Node}, other {Other}, strength {Strength})";
}
