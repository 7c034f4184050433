using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Storage;

/// <summary>What became of the work handed to a <see cref="IReplicaLog"/>. Called on any thread: the receiver posts an input and returns.</summary>
public interface IReplicaLogEvents
{
    /// <summary>A write is durable. Tickets come in order.</summary>
    void OnWritten(PersistTicket ticket);

    /// <summary>A chunk is in the store, or does not continue what is.</summary>
    /// <param name="lastIncluded">Of which snapshot it is.</param>
    /// <param name="nextOffset">How many bytes of it are put aside now.</param>
    void OnChunkStaged(EntryId lastIncluded, long nextOffset);

    /// <summary>A chunk was read; null when the store no longer has that snapshot.</summary>
    void OnChunkRead(ReadSnapshotChunk request, ReadOnlyMemory<byte>? data, bool isLast);

    /// <summary>A snapshot of the replica's own state is durable, or a newer one is.</summary>
    /// <param name="snapshot">Which, with the size and the checksum of what was written.</param>
    void OnSnapshotSaved(SnapshotDescriptor snapshot);

    /// <summary>A snapshot of the replica's own state could not be written, because its view threw. The store keeps nothing of it.</summary>
    /// <param name="lastIncluded">Which.</param>
    /// <param name="cause">What it threw.</param>
    void OnSnapshotFailed(EntryId lastIncluded, MachineException cause);

    /// <summary>A snapshot was opened.</summary>
    /// <param name="snapshot">Which.</param>
    /// <param name="state">Its bytes; the receiver disposes it.</param>
    void OnSnapshotLoaded(SnapshotDescriptor snapshot, SnapshotStream state);

    /// <summary><see cref="IReplicaLog.MaySpeak"/> may have changed.</summary>
    void OnRightToSpeakChanged();

    /// <summary>The log can do no more: the replica must stop and send nothing further. Told at most once, and nothing after it.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="cause">What was seen; its message is for people.</param>
    void OnStopped(LogStopReason reason, Exception cause);
}

/// <summary>Why a <see cref="IReplicaLog"/> stopped.</summary>
public enum LogStopReason
{
    /// <summary>Another activation took the replica over.</summary>
    Fenced = 0,

    /// <summary>What is stored contradicts itself.</summary>
    Corrupt = 1,

    /// <summary>The store failed in a way that waiting does not mend (disk full, file gone).</summary>
    Failed = 2,
}
