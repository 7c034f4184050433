namespace OrleansRaft.Lab;

/// <summary>One life of a node's process.</summary>
/// <param name="Node">The node.</param>
/// <param name="Process">Which of its processes: later ones have higher numbers.</param>
internal readonly record struct LabSilo(int Node, long Process);
