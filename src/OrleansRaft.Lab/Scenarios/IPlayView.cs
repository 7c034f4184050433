namespace OrleansRaft.Lab.Scenarios;

/// <summary>What a <see cref="Condition"/> sees of a play.</summary>
internal interface IPlayView
{
    /// <summary>The replica of each node; null for one that does not run.</summary>
    IReadOnlyList<LabReplica?> Replicas { get; }

    /// <summary>The node that leads in the highest term; null when none does.</summary>
    int? Leader { get; }

    /// <summary>The value that a node holds; null when it does not run.</summary>
    long? ValueOf(int node);

    /// <summary>The latest request of a client.</summary>
    ClientRequest? LastRequestOf(string client);
}
