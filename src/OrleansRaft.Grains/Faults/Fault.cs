namespace OrleansRaft.Grains.Faults;

/// <summary>A fault that is in force, or is to be.</summary>
[GenerateSerializer, Immutable, Alias("raft-fault")]
internal sealed record Fault
{
    /// <summary>Its name, such as <c>f-3a9c01</c>; given when it begins.</summary>
    [Id(0)]
    public string Id { get; init; } = "";

    /// <summary>What it is.</summary>
    [Id(1)]
    public FaultKind Kind { get; init; }

    /// <summary>The group that suffers; null when silos do.</summary>
    [Id(2)]
    public string? Group { get; init; }

    /// <summary>Of a fault of one replica, which; 0 for whoever leads when it begins.</summary>
    [Id(3)]
    public long? Replica { get; init; }

    /// <summary>Of a split group, the replicas of one side.</summary>
    [Id(4)]
    public long[]? Replicas { get; init; }

    /// <summary>Of a fault of one silo, its name.</summary>
    [Id(5)]
    public string? Silo { get; init; }

    /// <summary>Of split silos, the names of one side.</summary>
    [Id(6)]
    public string[]? Silos { get; init; }

    /// <summary>Of a link, where it begins: a silo's name, or a replica's number.</summary>
    [Id(7)]
    public string? From { get; init; }

    /// <summary>Of a link, where it ends: a silo's name, or a replica's number.</summary>
    [Id(8)]
    public string? To { get; init; }

    /// <summary>Of a link, whether the way back is spared.</summary>
    [Id(9)]
    public bool IsOneWay { get; init; }

    /// <summary>How much longer something takes, where the kind slows something.</summary>
    [Id(10)]
    public int? Milliseconds { get; init; }

    /// <summary>After how many seconds it heals by itself.</summary>
    [Id(11)]
    public int Seconds { get; init; } = 30;

    /// <summary>When it began, in Unix milliseconds of the silo that was asked for it.</summary>
    [Id(12)]
    public long BeganAt { get; init; }

    /// <inheritdoc/>
    public override string ToString() => FaultText.Sentence(this);
}
