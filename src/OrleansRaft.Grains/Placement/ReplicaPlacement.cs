using Orleans.Placement;

namespace OrleansRaft.Grains.Placement;

/// <summary>Places the replicas of a group on different silos.</summary>
[Serializable, GenerateSerializer, Immutable, SuppressReferenceTracking]
internal sealed class ReplicaPlacement : PlacementStrategy
{
    /// <summary>The only one there is.</summary>
    public static ReplicaPlacement Instance { get; } = new();
}

/// <summary>Marks the grain that <see cref="ReplicaPlacementDirector"/> places.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ReplicaPlacementAttribute() : PlacementAttribute(ReplicaPlacement.Instance);
