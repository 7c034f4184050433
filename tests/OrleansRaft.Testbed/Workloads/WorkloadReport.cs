namespace OrleansRaft.Testbed.Workloads;

/// <summary>What a workload did and found.</summary>
/// <param name="Acknowledged">Increments that were acknowledged.</param>
/// <param name="Open">Increments whose outcome stayed unknown.</param>
/// <param name="Repeated">Attempts beyond the first, which the idempotency key must make harmless.</param>
/// <param name="PerSecond">Acknowledgements per second from the first to the last.</param>
/// <param name="LongestGap">The longest time in which some counter got no acknowledgement.</param>
/// <param name="Violations">What is wrong, in sentences.</param>
public sealed record WorkloadReport(
    int Acknowledged, int Open, long Repeated, double PerSecond, TimeSpan LongestGap, IReadOnlyList<string> Violations);
