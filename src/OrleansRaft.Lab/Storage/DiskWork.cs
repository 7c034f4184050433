using OrleansRaft.Core;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Lab.Storage;

/// <summary>Something that a replica wants to be durable.</summary>
internal abstract class DiskWork(ILabLog log)
{
    public ILabLog Log => log;

    /// <summary>The epoch under which it was sent.</summary>
    public long Epoch { get; set; } = log.Epoch;

    public bool IsDurable { get; private set; }

    /// <summary>What it adds to the journal; a crash may tear it.</summary>
    public virtual byte[]? Record => null;

    /// <summary>Whether the replica still belongs to the activation, and epoch, that sent this.</summary>
    public bool IsOwned => log.Stored.Epoch == Epoch;

    public void MakeDurable()
    {
        IsDurable = true;
        Commit();
    }

    public abstract void Tell(IReplicaLogEvents events);

    protected abstract void Commit();
}

internal sealed class WriteWork(ILabLog log, LogWrite write) : DiskWork(log)
{
    public override byte[]? Record { get; } = JournalRecord.OfWrite(write);

    public override void Tell(IReplicaLogEvents events) => events.OnWritten(write.Ticket);

    protected override void Commit() => Log.Stored.Write(write, Record!);
}

internal sealed class MarkWork(ILabLog log, Action commit, Action written) : DiskWork(log)
{
    public override void Tell(IReplicaLogEvents events) => written();

    protected override void Commit() => commit();
}

internal sealed class StageWork(ILabLog log, StageSnapshotChunk chunk) : DiskWork(log)
{
    public override void Tell(IReplicaLogEvents events) => events.OnChunkStaged(chunk.Snapshot.LastIncluded, chunk.Offset + chunk.Data.Length);

    protected override void Commit() => Log.Stored.Stage(chunk);
}

/// <summary>A chunk of a snapshot of the replica's own state; with the last one the snapshot becomes the newest.</summary>
internal sealed class SaveWork(ILabLog log, StoredView view, SnapshotChunk chunk, Action taken) : DiskWork(log)
{
    public override byte[]? Record { get; } = chunk.Whole is { } whole ? JournalRecord.OfSnapshot(whole) : null;

    public override void Tell(IReplicaLogEvents events) => taken();

    protected override void Commit() => Log.Stored.SaveSnapshot(view, chunk, Record);
}
