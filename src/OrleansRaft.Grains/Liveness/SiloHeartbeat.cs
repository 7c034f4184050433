using OrleansRaft.Grains.SiloService;

namespace OrleansRaft.Grains.Liveness;

/// <summary>What a silo says to another a few times per election timeout, for all of its sleeping replicas at once.</summary>
/// <param name="Sequence">The beat's number; beats may overtake each other.</param>
/// <param name="Session">The session of the contract between the two, as its sender counts; see <see cref="SiloLiveness"/>.</param>
/// <param name="Gone">Replicas that lately stopped on the sender, or no longer lead although they sleep.</param>
/// <param name="Came">Replicas without a vote that lately began to take part on the sender: they cannot ask who leads.</param>
[GenerateSerializer, Immutable, Alias("raft-beat")]
internal sealed record SiloHeartbeat(
    [property: Id(0)] long Sequence, [property: Id(1)] long Session, [property: Id(2)] ReplicaName[] Gone, [property: Id(3)] ReplicaName[] Came);

/// <summary>How a replica sleeps.</summary>
/// <param name="Group">Its group.</param>
/// <param name="Leader">The leader under which it fell asleep.</param>
/// <param name="Term">That leader's term.</param>
/// <param name="LastIndex">The end of its log.</param>
[GenerateSerializer, Immutable, Alias("raft-sleep-claim")]
internal readonly record struct SleepClaim(
    [property: Id(0)] string Group, [property: Id(1)] long Leader, [property: Id(2)] long Term, [property: Id(3)] long LastIndex);
