using OrleansRaft.Core;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>One piece of work handed over by a replica.</summary>
/// <param name="Write">A write of Core's.</param>
/// <param name="Snapshot">A snapshot that becomes the newest with it.</param>
internal sealed record PendingWrite(LogWrite? Write, StoredSnapshot? Snapshot)
{
    public long SizeBytes => Write?.Append?.SizeBytes ?? 0;
}
