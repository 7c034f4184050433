namespace OrleansRaft.Core;

/// <summary>How far a snapshot is that passes from a leader to a member, for display.</summary>
/// <param name="Through">The last entry that the snapshot holds.</param>
/// <param name="Bytes">How many bytes of it the member has acknowledged, of a member itself how many it has.</param>
/// <param name="SizeBytes">How many bytes it has.</param>
public readonly record struct SnapshotTransfer(LogIndex Through, long Bytes, long SizeBytes);
