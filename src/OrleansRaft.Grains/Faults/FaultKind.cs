namespace OrleansRaft.Grains.Faults;

/// <summary>The kinds of faults.</summary>
internal enum FaultKind
{
    /// <summary>Messages from one silo, or one replica of a group, to another are lost.</summary>
    Cut = 0,

    /// <summary>Messages from one silo, or one replica of a group, to another take longer.</summary>
    Delay = 1,

    /// <summary>A silo, or a replica, neither sends to others nor hears from them.</summary>
    Isolate = 2,

    /// <summary>Silos, or replicas of a group, are divided into two sides that do not hear from each other.</summary>
    Split = 3,

    /// <summary>A replica does nothing.</summary>
    Pause = 4,

    /// <summary>Writes take longer to become durable.</summary>
    Slow = 5,

    /// <summary>The store fails.</summary>
    Fail = 6,

    /// <summary>A silo dies without a goodbye.</summary>
    Kill = 7,
}
