namespace OrleansRaft.Chaos;

/// <summary>What to do.</summary>
/// <param name="Seed">Draws the faults.</param>
/// <param name="Count">How many.</param>
/// <param name="Rest">For how long the load runs before and after each.</param>
/// <param name="Groups">How many groups.</param>
/// <param name="Clients">How many clients.</param>
/// <param name="Only">The only fault to draw, if one is named.</param>
internal sealed record ChaosPlan(int Seed, int Count, TimeSpan Rest, int Groups, int Clients, string? Only);
