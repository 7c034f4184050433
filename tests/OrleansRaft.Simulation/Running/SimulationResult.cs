using OrleansRaft.Lab;
using OrleansRaft.Simulation.Faults;

namespace OrleansRaft.Simulation.Running;

/// <summary>How one run ended.</summary>
internal sealed record SimulationResult(
    SimulationPlan Plan,
    LabViolation? Violation,
    long Steps,
    long Operations,
    TimeSpan VirtualTime,
    SortedDictionary<FaultKind, int> Faults,
    ulong Hash,
    IReadOnlyList<string> Story)
{
    public bool IsOk => Violation is null;
}
