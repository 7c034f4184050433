using OrleansRaft.Core;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>A complete snapshot in the store.</summary>
/// <param name="Id">Its row.</param>
/// <param name="Descriptor">What it stands for.</param>
internal sealed record StoredSnapshot(long Id, SnapshotDescriptor Descriptor);
