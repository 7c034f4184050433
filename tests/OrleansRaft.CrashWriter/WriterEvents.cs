using OrleansRaft.Core;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.CrashWriter;

/// <summary>Waits for the one thing that was asked of the log last.</summary>
internal sealed class WriterEvents : IReplicaLogEvents
{
    private TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Asks something, and waits until it is durable.</summary>
    public async Task DoneAsync(Action ask)
    {
        done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ask();
        await done.Task;
    }

    public void OnWritten(PersistTicket ticket) => done.TrySetResult();

    public void OnChunkStaged(EntryId lastIncluded, long nextOffset) => done.TrySetResult();

    public void OnChunkRead(ReadSnapshotChunk request, ReadOnlyMemory<byte>? data, bool isLast)
    {
    }

    public void OnSnapshotSaved(SnapshotDescriptor snapshot) => done.TrySetResult();

    public void OnSnapshotLoaded(SnapshotDescriptor snapshot, ReadOnlyMemory<byte> state)
    {
    }

    public void OnRightToSpeakChanged()
    {
    }

    public void OnStopped(LogStopReason reason, Exception cause) => done.TrySetException(cause);
}
