namespace OrleansRaft.Runtime;

/// <summary>Names one replica in the cluster.</summary>
/// <param name="Group">The group, such as <c>counters-0</c>.</param>
/// <param name="Replica">Its member.</param>
public readonly record struct ReplicaKey(string Group, ReplicaId Replica)
{
    /// <summary>The group, such as <c>counters-0</c>; empty in a default value.</summary>
    public string Group { get => field ?? ""; init; } = Group;

    /// <inheritdoc/>
    public override string ToString() => $"{Group}/{Replica}";
}
