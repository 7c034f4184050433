using OrleansRaft.Core;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.CrashWriter;

/// <summary>Waits for the one thing that was asked of the log last.</summary>
/// <param name="measure">How long SQLite's journal is.</param>
internal sealed class WriterEvents(Func<long> measure) : IReplicaLogEvents
{
    private TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How long SQLite's journal was when the last thing was durable, before the store went on to clear away what it replaced.</summary>
    public long Reached { get; private set; }

    /// <summary>Asks something, and waits until it is durable.</summary>
    public async Task DoneAsync(Action ask)
    {
        done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ask();
        await done.Task;
    }

    public void OnWritten(PersistTicket ticket) => Done();

    public void OnChunkStaged(EntryId lastIncluded, long nextOffset) => Done();

    public void OnChunkRead(ReadSnapshotChunk request, ReadOnlyMemory<byte>? data, bool isLast)
    {
    }

    public void OnSnapshotSaved(SnapshotDescriptor snapshot) => Done();

    public void OnSnapshotFailed(EntryId lastIncluded, MachineException cause) => done.TrySetException(cause);

    public void OnSnapshotLoaded(SnapshotDescriptor snapshot, SnapshotStream state)
    {
    }

    public void OnRightToSpeakChanged()
    {
    }

    public void OnStopped(LogStopReason reason, Exception cause) => done.TrySetException(cause);

    private void Done()
    {
        Reached = measure();
        done.TrySetResult();
    }
}
