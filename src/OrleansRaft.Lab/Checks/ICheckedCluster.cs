using OrleansRaft.Runtime;

namespace OrleansRaft.Lab.Checks;

/// <summary>The cluster whose groups are checked.</summary>
internal interface ICheckedCluster
{
    /// <summary>The virtual time.</summary>
    TimeSpan Now { get; }

    /// <summary>The running replicas of a group.</summary>
    IEnumerable<ICheckedReplica> ReplicasOf(string group);

    /// <summary>A property does not hold.</summary>
    void Report(string property, string detail);

    /// <summary>Something happened.</summary>
    void Observe(Func<LabEvent> what);

    /// <summary>Something happened that tells one course of events from another.</summary>
    void Mix(long one, long two, long three);
}

/// <summary>A replica whose driver is checked.</summary>
internal interface ICheckedReplica
{
    /// <summary>Which replica.</summary>
    ReplicaKey Key { get; }

    /// <summary>Its driver.</summary>
    ReplicaDriver Driver { get; }

    /// <summary>Its term.</summary>
    Term Term { get; }

    /// <summary>How it was seen last.</summary>
    ObservedReplica View { get; }

    /// <summary>Whether its activation is the latest: no other has written since.</summary>
    bool OwnsStore { get; }
}
