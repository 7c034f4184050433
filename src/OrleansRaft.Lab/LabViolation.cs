namespace OrleansRaft.Lab;

/// <summary>A property of Raft that did not hold.</summary>
/// <param name="At">When, in virtual time.</param>
/// <param name="Property">Which property, in the words of the paper.</param>
/// <param name="Detail">What was seen instead.</param>
internal sealed record LabViolation(TimeSpan At, string Property, string Detail);
