namespace OrleansRaft.Core;

/// <summary>One atomic write of one replica: term, vote, commit, entries, installed snapshot and compaction together.</summary>
/// <param name="Ticket">Handed back when the write is durable.</param>
/// <param name="HardState">The hard state after the write.</param>
/// <param name="StoredLast">The last entry that the store holds before this write, as Core knows it; a store that holds another refuses the
/// write.</param>
/// <param name="Append">
/// Entries to append. The log after the write ends with them: whatever the store holds after their <see cref="EntryBlock.Previous"/> is cut off
/// first. Null when the write appends nothing; an empty block cuts off only.
/// </param>
/// <param name="Install">
/// A completely staged snapshot to install: it replaces the replica's snapshot, and the whole log, which then starts empty after it.
/// Done before <paramref name="Append"/>.
/// </param>
/// <param name="CompactThrough">The last entry that the store may forget, because a snapshot covers it; null to keep what there is.</param>
public sealed record LogWrite(
    PersistTicket Ticket,
    HardState HardState,
    EntryId StoredLast,
    EntryBlock? Append,
    SnapshotDescriptor? Install,
    EntryId? CompactThrough);
