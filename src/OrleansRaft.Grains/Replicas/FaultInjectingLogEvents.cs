using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Replicas;

/// <summary>
/// Stands between a replica's log and its driver, where faults are possible: what became durable is told late, or the log is said to have failed.
/// </summary>
/// <param name="replica">Whose log.</param>
/// <param name="time">The clock.</param>
internal sealed class FaultInjectingLogEvents(ILocalReplica replica, TimeProvider time) : IReplicaLogEvents
{
    private readonly ReplicaLogEventGate gate = new(replica.Driver.LogEvents);

    /// <summary>Says that the log failed; nothing is told after that.</summary>
    public void Fail() => gate.OnStopped(LogStopReason.Failed, Failure(replica.Key));

    /// <summary>What a failing store says.</summary>
    public static IOException Failure(ReplicaKey key) =>
        new($"A fault makes the store of {key} fail; it heals by itself, or see `oraft fault list`.");

    /// <inheritdoc/>
    public void OnWritten(PersistTicket ticket)
    {
        // One write is in flight at a time, so tickets stay in order however late they are.
        if (replica.Faults?.StoreDelay is { Ticks: > 0 } delay)
        {
            TellLaterAsync(ticket, delay).Ignore();
        }
        else
        {
            gate.OnWritten(ticket);
        }
    }

    /// <inheritdoc/>
    public void OnChunkStaged(EntryId lastIncluded, long nextOffset) => gate.OnChunkStaged(lastIncluded, nextOffset);

    /// <inheritdoc/>
    public void OnChunkRead(ReadSnapshotChunk request, ReadOnlyMemory<byte>? data, bool isLast) => gate.OnChunkRead(request, data, isLast);

    /// <inheritdoc/>
    public void OnSnapshotSaved(SnapshotDescriptor snapshot) => gate.OnSnapshotSaved(snapshot);

    /// <inheritdoc/>
    public void OnSnapshotFailed(EntryId lastIncluded, MachineException cause) => gate.OnSnapshotFailed(lastIncluded, cause);

    /// <inheritdoc/>
    public void OnSnapshotLoaded(SnapshotDescriptor snapshot, SnapshotStream state) => gate.OnSnapshotLoaded(snapshot, state);

    /// <inheritdoc/>
    public void OnRightToSpeakChanged() => gate.OnRightToSpeakChanged();

    /// <inheritdoc/>
    public void OnStopped(LogStopReason reason, Exception cause) => gate.OnStopped(reason, cause);

    private async Task TellLaterAsync(PersistTicket ticket, TimeSpan delay)
    {
        await Task.Delay(delay, time);
        gate.OnWritten(ticket);
    }
}
