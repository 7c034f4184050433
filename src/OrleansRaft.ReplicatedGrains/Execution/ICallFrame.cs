namespace OrleansRaft.ReplicatedGrains.Execution;

/// <summary>What a call offers to the grain that it runs on.</summary>
internal interface ICallFrame
{
    /// <summary>The grain's key.</summary>
    string Key { get; }

    /// <summary>What the call may know.</summary>
    ReplicatedCallContext Context { get; }

    /// <summary>The grain's state; of a read, a copy.</summary>
    object State { get; set; }

    /// <summary>Another grain of the partition.</summary>
    TGrain Local<TGrain>(string key)
        where TGrain : class, IReplicatedGrain;

    /// <summary>Forgets the grain's state.</summary>
    void ClearState();
}
