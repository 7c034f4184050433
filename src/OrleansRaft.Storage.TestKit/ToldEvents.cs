using OrleansRaft.Core;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Storage.TestKit;

public sealed record Staged(EntryId LastIncluded, long NextOffset);

public sealed record ChunkRead(ReadSnapshotChunk Request, byte[]? Data, bool IsLast);

public sealed record Saved(SnapshotDescriptor Snapshot);

public sealed record SnapshotFailed(EntryId LastIncluded, MachineException Cause);

public sealed record Loaded(SnapshotDescriptor Snapshot, SnapshotStream Stream)
{
    public byte[] State => Stream.ReadAll();
}

public sealed record RightChanged;

public sealed record Stopped(LogStopReason Reason, Exception Cause);
