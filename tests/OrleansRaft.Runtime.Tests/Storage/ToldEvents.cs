using OrleansRaft.Core;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime.Tests.Storage;

public sealed record Staged(EntryId LastIncluded, long NextOffset);

public sealed record ChunkRead(ReadSnapshotChunk Request, byte[]? Data, bool IsLast);

public sealed record Saved(SnapshotDescriptor Snapshot);

public sealed record Loaded(SnapshotDescriptor Snapshot, byte[] State);

public sealed record RightChanged;

public sealed record Stopped(LogStopReason Reason, Exception Cause);
