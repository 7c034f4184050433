using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Storage;

/// <summary>
/// Hands a store's events on one at a time, and none after <see cref="OnStopped"/> or <see cref="Close"/>. A receiver that throws stops as
/// <see cref="LogStopReason.Failed"/>: the store's thread, which serves other replicas too, goes on.
/// </summary>
/// <param name="receiver">Who is told.</param>
public sealed class ReplicaLogEventGate(IReplicaLogEvents receiver) : IReplicaLogEvents
{
    private readonly Lock gate = new();
    private bool isClosed;

    /// <summary>Whether nothing is handed on any more.</summary>
    public bool IsClosed
    {
        get
        {
            lock (gate)
            {
                return isClosed;
            }
        }
    }

    /// <summary>Hands nothing on from now on.</summary>
    public void Close()
    {
        lock (gate)
        {
            isClosed = true;
        }
    }

    /// <inheritdoc/>
    public void OnWritten(PersistTicket ticket) => Tell(ticket, static (receiver, ticket) => receiver.OnWritten(ticket));

    /// <inheritdoc/>
    public void OnChunkStaged(EntryId lastIncluded, long nextOffset) =>
        Tell((lastIncluded, nextOffset), static (receiver, staged) => receiver.OnChunkStaged(staged.lastIncluded, staged.nextOffset));

    /// <inheritdoc/>
    public void OnChunkRead(ReadSnapshotChunk request, ReadOnlyMemory<byte>? data, bool isLast) =>
        Tell((request, data, isLast), static (receiver, read) => receiver.OnChunkRead(read.request, read.data, read.isLast));

    /// <inheritdoc/>
    public void OnSnapshotSaved(SnapshotDescriptor snapshot) => Tell(snapshot, static (receiver, snapshot) => receiver.OnSnapshotSaved(snapshot));

    /// <inheritdoc/>
    public void OnSnapshotFailed(EntryId lastIncluded, MachineException cause) =>
        Tell((lastIncluded, cause), static (receiver, failed) => receiver.OnSnapshotFailed(failed.lastIncluded, failed.cause));

    /// <inheritdoc/>
    public void OnSnapshotLoaded(SnapshotDescriptor snapshot, SnapshotStream state)
    {
        if (!Tell((snapshot, state), static (receiver, loaded) => receiver.OnSnapshotLoaded(loaded.snapshot, loaded.state)))
        {
            state.Dispose();
        }
    }

    /// <inheritdoc/>
    public void OnRightToSpeakChanged() => Tell(0, static (receiver, _) => receiver.OnRightToSpeakChanged());

    /// <inheritdoc/>
    public void OnStopped(LogStopReason reason, Exception cause)
    {
        lock (gate)
        {
            Stop(reason, cause);
        }
    }

    /// <returns>Whether the receiver has taken it.</returns>
    private bool Tell<T>(T told, Action<IReplicaLogEvents, T> tell)
    {
        lock (gate)
        {
            if (isClosed)
            {
                return false;
            }

            try
            {
                tell(receiver, told);
                return true;
            }
            catch (Exception unexpected)
            {
                Stop(LogStopReason.Failed, unexpected);
                return false;
            }
        }
    }

    private void Stop(LogStopReason reason, Exception cause)
    {
        if (isClosed)
        {
            return;
        }

        isClosed = true;
        try
        {
            receiver.OnStopped(reason, cause);
        }
        catch (Exception)
        {
            // It has been told, and nobody is left to tell.
        }
    }
}
