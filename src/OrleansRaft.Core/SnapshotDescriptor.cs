namespace OrleansRaft.Core;

/// <summary>What a snapshot stands for, without its bytes (§7).</summary>
/// <param name="LastIncluded">The last entry whose effects the snapshot holds.</param>
/// <param name="Time">The group's time at that entry.</param>
/// <param name="Configuration">The configuration in force at exactly that entry, never a newer one.</param>
/// <param name="SizeBytes">How many bytes the state machine captured; 0 for the empty state that a group starts from.</param>
public sealed record SnapshotDescriptor(EntryId LastIncluded, LogTime Time, Configuration Configuration, long SizeBytes)
{
    /// <summary>
    /// The CRC-32C of the captured bytes; null where it is not known. Captures of one state need not have the same bytes, so only this tells whether
    /// a transfer that another leader goes on with is of the same capture, and whether what arrived is whole.
    /// </summary>
    public uint? Checksum { get; init; }

    /// <summary>
    /// The skipped entries that the state has passed over. One that is skipped, lies in the snapshot and is not named here was applied: then the
    /// snapshot is not used.
    /// </summary>
    public SkippedEntries Skipped { get; init; } = SkippedEntries.None;

    /// <summary>The version at which the state machine works at exactly that entry: whoever restores the snapshot must support it.</summary>
    public int MachineVersion { get; init; } = MachineVersions.Initial;

    /// <summary>The UTC stamp of that entry; none in clusters below feature level 2.</summary>
    public UtcTime Utc { get; init; }

    /// <summary>The empty state that a new group starts from. No entry holds its configuration, whatever version that has elsewhere.</summary>
    public static SnapshotDescriptor Initial(Configuration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return new(EntryId.Zero, LogTime.Zero, configuration with { Version = LogIndex.Zero }, 0);
    }
}
