using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.ReplicatedGrains.Calls;

/// <summary>A call of a replicated grain as a command or query of its group.</summary>
/// <remarks>
/// The client writes the request once; what routes it knows the bytes only, so that a silo of an older program passes on without loss what it cannot
/// read.
/// </remarks>
[GenerateSerializer, Alias("raft-grain-call")]
internal sealed class GrainCall : IKnownCommand
{
    /// <summary>The grain's key; null where it is the key that chose the group.</summary>
    [Id(0)]
    public string? Key { get; init; }

    /// <summary>The request, as Orleans' serializer wrote it.</summary>
    [Id(1)]
    public byte[] Request { get; init; } = [];

    /// <inheritdoc/>
    [Id(2)]
    public int Needs { get; init; }

    /// <inheritdoc/>
    [Id(3)]
    public ulong? Identity { get; init; }

    /// <summary>The request, read, at a replica.</summary>
    [field: NonSerialized]
    public IRequest? Read { get; init; }
}
