namespace OrleansRaft.Simulation.Mutants;

/// <summary>A bug planted into a copy of the sources, to show that the simulator finds it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Summary">What is wrong with it.</param>
/// <param name="Assembly">Which assembly it changes, without the common prefix: Core, Runtime or Lab.</param>
/// <param name="File">Which file of its sources.</param>
/// <param name="Original">The text that is replaced; it stands there exactly once.</param>
/// <param name="Planted">What stands there instead.</param>
internal sealed record Mutant(string Name, string Summary, string Assembly, string File, string Original, string Planted);
