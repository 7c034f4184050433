namespace OrleansRaft.Grains.Hosting;

/// <summary>
/// Of tests alone: a state machine that stands in for an earlier build of itself, and shares the types of its commands, with their marks, with the
/// later one.
/// </summary>
internal interface IFormerBuild;
