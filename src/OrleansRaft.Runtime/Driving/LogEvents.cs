using OrleansRaft.Core;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime.Driving;

/// <summary>Makes completions of what a log tells.</summary>
/// <param name="inbox">Where they go.</param>
/// <param name="askForTurn">Asks for a turn.</param>
/// <param name="host">Is told of the right to speak.</param>
internal sealed class LogEvents(Inbox inbox, Action askForTurn, IReplicaHost host) : IReplicaLogEvents
{
    public void OnWritten(PersistTicket ticket) => Post(Completion.Of(new Persisted(ticket)));

    public void OnChunkStaged(EntryId lastIncluded, long nextOffset) => Post(Completion.Of(new SnapshotChunkStaged(lastIncluded, nextOffset)));

    public void OnChunkRead(ReadSnapshotChunk request, ReadOnlyMemory<byte>? data, bool isLast) => Post(Completion.Of(data is { } bytes
        ? new SnapshotChunkRead(request.To, request.LastIncluded, request.Offset, bytes, isLast)
        : new SnapshotChunkUnavailable(request.To, request.LastIncluded)));

    public void OnSnapshotSaved(SnapshotDescriptor snapshot) => Post(Completion.Of(new SnapshotSaved(snapshot)));

    public void OnSnapshotFailed(EntryId lastIncluded, MachineException cause) => Post(Completion.OfFailedSnapshot(cause));

    public void OnSnapshotLoaded(SnapshotDescriptor snapshot, SnapshotStream state)
    {
        if (!inbox.Post(Completion.OfLoaded(snapshot, state)))
        {
            state.Dispose();
        }

        askForTurn();
    }

    public void OnRightToSpeakChanged()
    {
        host.OnRightToSpeakChanged();
        askForTurn();
    }

    public void OnStopped(LogStopReason reason, Exception cause) => Post(Completion.OfStop(reason, cause));

    private void Post(in Completion completion)
    {
        inbox.Post(completion);
        askForTurn();
    }
}
