using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Lab.Storage;

/// <summary>One activation's hold on a stored replica, as its disk sees it.</summary>
internal interface ILabLog
{
    /// <summary>What it holds.</summary>
    StoredReplica Stored { get; }

    /// <summary>The epoch under which it writes.</summary>
    long Epoch { get; }

    /// <summary>An activation that wrote under the old epoch can write no more; a right to speak that this one holds goes on.</summary>
    void RaiseEpoch();

    /// <summary>Tells the driver, unless the activation has ended.</summary>
    void Tell(Action<IReplicaLogEvents> what);

    /// <summary>Ends the activation's hold.</summary>
    void Stop(LogStopReason reason, Exception cause);
}
