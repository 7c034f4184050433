namespace OrleansRaft.Chaos;

/// <summary>What to do with each seed.</summary>
/// <param name="Length">For how long faults follow each other.</param>
/// <param name="Rest">How long the cluster is left alone between two faults.</param>
/// <param name="Groups">How many groups.</param>
/// <param name="Clients">How many clients.</param>
/// <param name="Only">The only fault to draw, if one is named.</param>
internal sealed record ChaosPlan(TimeSpan Length, TimeSpan Rest, int Groups, int Clients, string? Only);
