using OrleansRaft.Core;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Cli.Demo;

/// <summary>A replica's log in a <see cref="KillableLogStore"/>.</summary>
/// <param name="isDead">Whether the store has died.</param>
/// <param name="log">The real log.</param>
/// <param name="gate">Between the real log and the driver.</param>
internal sealed class KillableReplicaLog(Func<bool> isDead, IReplicaLog log, ReplicaLogEventGate gate) : IReplicaLog
{
    /// <inheritdoc/>
    public long Epoch => log.Epoch;

    /// <inheritdoc/>
    public RecoveredState Recovered => log.Recovered;

    /// <inheritdoc/>
    public SnapshotStream RecoveredSnapshot => log.RecoveredSnapshot;

    /// <inheritdoc/>
    public bool MaySpeak => !isDead() && log.MaySpeak;

    /// <summary>Tells the driver that its log failed, and nothing after that.</summary>
    public void Kill() => gate.OnStopped(LogStopReason.Failed, new IOException("The demo killed this silo."));

    /// <inheritdoc/>
    public Task WaitUntilMaySpeakAsync(CancellationToken cancellation) => log.WaitUntilMaySpeakAsync(cancellation);

    /// <inheritdoc/>
    public void Write(LogWrite write)
    {
        if (!isDead())
        {
            log.Write(write);
        }
    }

    /// <inheritdoc/>
    public void StageChunk(StageSnapshotChunk chunk)
    {
        if (!isDead())
        {
            log.StageChunk(chunk);
        }
    }

    /// <inheritdoc/>
    public void ReadChunk(ReadSnapshotChunk request)
    {
        if (!isDead())
        {
            log.ReadChunk(request);
        }
    }

    /// <inheritdoc/>
    public void SaveSnapshot(SnapshotDescriptor snapshot, IStateView state)
    {
        if (!isDead())
        {
            log.SaveSnapshot(snapshot, state);
        }
        else
        {
            ViewWriter.Release(state);
        }
    }

    /// <inheritdoc/>
    public void LoadSnapshot(SnapshotDescriptor snapshot)
    {
        if (!isDead())
        {
            log.LoadSnapshot(snapshot);
        }
    }

    /// <inheritdoc/>
    public Task ReleaseAsync(CancellationToken cancellation) => isDead() ? Task.CompletedTask : log.ReleaseAsync(cancellation);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => log.DisposeAsync();
}
