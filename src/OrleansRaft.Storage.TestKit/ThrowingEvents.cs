using OrleansRaft.Core;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Storage.TestKit;

/// <summary>A replica with a defect: whatever it is told, it throws an exception of a type that no store throws.</summary>
internal sealed class ThrowingEvents : IReplicaLogEvents
{
    private readonly TaskCompletionSource<Exception> stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What the log says when it stops.</summary>
    public Task<Exception> Stopped => stopped.Task;

    public void OnWritten(PersistTicket ticket) => throw new TimeZoneNotFoundException();

    public void OnChunkStaged(EntryId lastIncluded, long nextOffset) => throw new TimeZoneNotFoundException();

    public void OnChunkRead(ReadSnapshotChunk request, ReadOnlyMemory<byte>? data, bool isLast) => throw new TimeZoneNotFoundException();

    public void OnSnapshotSaved(SnapshotDescriptor snapshot) => throw new TimeZoneNotFoundException();

    public void OnSnapshotFailed(EntryId lastIncluded, MachineException cause) => throw new TimeZoneNotFoundException();

    public void OnSnapshotLoaded(SnapshotDescriptor snapshot, SnapshotStream state) => throw new TimeZoneNotFoundException();

    public void OnRightToSpeakChanged()
    {
        // Told at any time; what is written is to be what fails.
    }

    public void OnStopped(LogStopReason reason, Exception cause) => stopped.TrySetResult(cause);
}
