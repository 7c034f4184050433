using OrleansRaft.Core;
using OrleansRaft.Runtime.Machines;

namespace OrleansRaft.Runtime.Storage;

/// <summary>Hands a store's events on one at a time, and none after <see cref="OnStopped"/> or <see cref="Close"/>.</summary>
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
    public void OnWritten(PersistTicket ticket)
    {
        lock (gate)
        {
            if (!isClosed)
            {
                receiver.OnWritten(ticket);
            }
        }
    }

    /// <inheritdoc/>
    public void OnChunkStaged(EntryId lastIncluded, long nextOffset)
    {
        lock (gate)
        {
            if (!isClosed)
            {
                receiver.OnChunkStaged(lastIncluded, nextOffset);
            }
        }
    }

    /// <inheritdoc/>
    public void OnChunkRead(ReadSnapshotChunk request, ReadOnlyMemory<byte>? data, bool isLast)
    {
        lock (gate)
        {
            if (!isClosed)
            {
                receiver.OnChunkRead(request, data, isLast);
            }
        }
    }

    /// <inheritdoc/>
    public void OnSnapshotSaved(SnapshotDescriptor snapshot)
    {
        lock (gate)
        {
            if (!isClosed)
            {
                receiver.OnSnapshotSaved(snapshot);
            }
        }
    }

    /// <inheritdoc/>
    public void OnSnapshotFailed(EntryId lastIncluded, MachineException cause)
    {
        lock (gate)
        {
            if (!isClosed)
            {
                receiver.OnSnapshotFailed(lastIncluded, cause);
            }
        }
    }

    /// <inheritdoc/>
    public void OnSnapshotLoaded(SnapshotDescriptor snapshot, SnapshotStream state)
    {
        lock (gate)
        {
            if (!isClosed)
            {
                receiver.OnSnapshotLoaded(snapshot, state);
                return;
            }
        }

        state.Dispose();
    }

    /// <inheritdoc/>
    public void OnRightToSpeakChanged()
    {
        lock (gate)
        {
            if (!isClosed)
            {
                receiver.OnRightToSpeakChanged();
            }
        }
    }

    /// <inheritdoc/>
    public void OnStopped(LogStopReason reason, Exception cause)
    {
        lock (gate)
        {
            if (!isClosed)
            {
                isClosed = true;
                receiver.OnStopped(reason, cause);
            }
        }
    }
}
