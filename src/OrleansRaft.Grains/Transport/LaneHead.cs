namespace OrleansRaft.Grains.Transport;

/// <summary>What goes before a batch that is a one-way call.</summary>
/// <param name="Session">Which life of its lane sends it; a later one has a larger number.</param>
/// <param name="First">The first number that its sender still waits for: what has an earlier one and has not come is given up.</param>
/// <param name="Number">Its number, from 1 on; 0 for one that holds acknowledgements alone, which is itself not acknowledged.</param>
/// <param name="AsksAtOnce">Whether its acknowledgement is to come at once, and not with what goes back anyway.</param>
[GenerateSerializer, Immutable, Alias("raft-lane-head")]
internal readonly record struct LaneHead(
    [property: Id(0)] long Session, [property: Id(1)] long First, [property: Id(2)] long Number, [property: Id(3)] bool AsksAtOnce);
