using Orleans.Placement;

namespace OrleansRaft.Grains.Replicas;

/// <summary>Places the replicas of a group on different silos.</summary>
[Serializable, GenerateSerializer, Immutable, SuppressReferenceTracking]
internal sealed class ReplicaPlacement : PlacementStrategy
{
    /// <summary>The only one there is.</summary>
    public static ReplicaPlacement Instance { get; } = new();
}

/// <summary>Marks the grain whose activations are placed as replicas.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ReplicaPlacementAttribute() : PlacementAttribute(ReplicaPlacement.Instance);
