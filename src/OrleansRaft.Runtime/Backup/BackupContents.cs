using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime.Backup;

/// <summary>What a backup says of itself at its beginning.</summary>
/// <param name="Format">The version of the file format.</param>
/// <param name="Id">Tells this backup from any other.</param>
/// <param name="CreatedAt">When it was begun, by the clock of the silo that made it.</param>
/// <param name="Program">The version of the program that made it.</param>
/// <param name="Cluster">The cluster row.</param>
/// <param name="FurtherSets">The sets of groups that were added after the cluster first started, as the catalogue in the backup knows them.</param>
internal sealed record BackupHead(
    int Format, Guid Id, DateTimeOffset CreatedAt, string Program, JsonElement Cluster, ImmutableArray<GroupSet> FurtherSets)
{
    /// <summary>The feature level at which the cluster worked; programs that do not know it cannot read its states.</summary>
    public int Level { get; init; } = FeatureLevels.Oldest;

    /// <summary>The cluster row, read.</summary>
    /// <exception cref="CorruptDataException">It is none.</exception>
    public ClusterDefinition Definition() => ClusterRow.Read(Cluster.GetRawText());

    /// <summary>What a file with the backup is called: by the cluster and the time, so that names sort as backups were made.</summary>
    [JsonIgnore]
    public string FileName => string.Create(
        CultureInfo.InvariantCulture, $"{Definition().ClusterId}-{CreatedAt.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}.oraft");

    /// <summary>All sets of groups whose state the backup holds: the catalogue's first, if there is one.</summary>
    public IReadOnlyList<GroupSet> Sets() =>
        [.. Definition().Sets.Concat(FurtherSets).OrderBy(static set => set.Name == GroupSet.Catalogue ? 0 : 1)];

    /// <summary>The names of all groups, in the order in which the backup holds them.</summary>
    public IEnumerable<string> GroupNames() => Sets().SelectMany(static set => Enumerable.Range(0, set.Groups).Select(set.GroupName));
}

/// <summary>A group begins in a backup.</summary>
/// <param name="Group">Its name.</param>
/// <param name="Replica">Whose state it is.</param>
/// <param name="Silo">Where that replica ran.</param>
internal sealed record BackupGroupBegin(string Group, long Replica, string Silo);

/// <summary>A group in a backup.</summary>
/// <param name="Group">Its name.</param>
/// <param name="Term">The term of the last entry whose effects its state holds.</param>
/// <param name="Index">The index of that entry.</param>
/// <param name="MachineVersion">The version at which its state machine works.</param>
/// <param name="Bytes">How many bytes the state has.</param>
/// <param name="Descriptor">All of that and what else belongs to a snapshot, as <see cref="SnapshotDescriptorCodec"/> writes it.</param>
internal sealed record BackedUpGroup(string Group, long Term, long Index, int MachineVersion, long Bytes, ReadOnlyMemory<byte> Descriptor)
{
    /// <summary>Describes a state that was written.</summary>
    internal static BackedUpGroup Of(string group, SnapshotDescriptor snapshot) => new(
        group,
        snapshot.LastIncluded.Term.Value,
        snapshot.LastIncluded.Index.Value,
        snapshot.MachineVersion,
        snapshot.SizeBytes,
        SnapshotDescriptorCodec.Encode(snapshot));

    /// <summary>The snapshot, with the members that the group had.</summary>
    /// <exception cref="CorruptDataException">The descriptor is none, or of something else.</exception>
    public SnapshotDescriptor ToSnapshot()
    {
        var snapshot = SnapshotDescriptorCodec.Decode(Descriptor);
        return Of(Group, snapshot) with { Descriptor = Descriptor } == this && snapshot.Checksum is not null
            ? snapshot
            : throw new CorruptDataException($"what the backup says of {Group} contradicts itself");
    }
}

/// <summary>What a backup says of itself at its end.</summary>
/// <param name="Groups">How many groups it holds.</param>
/// <param name="Bytes">How many bytes their states have.</param>
/// <param name="Sha256">SHA-256 of the file before this record, in hexadecimal digits.</param>
internal sealed record BackupFoot(int Groups, long Bytes, string Sha256);

/// <summary>A backup that was read to its end, and is whole.</summary>
/// <param name="Head">What it says of itself.</param>
/// <param name="Groups">The groups in it.</param>
/// <param name="FileBytes">How long the file is.</param>
/// <param name="Sha256">SHA-256 of the file without its last record, in hexadecimal digits: two files with the same are the same backup.</param>
internal sealed record BackupContents(BackupHead Head, ImmutableArray<BackedUpGroup> Groups, long FileBytes, string Sha256)
{
    /// <summary>How many bytes the states have.</summary>
    public long StateBytes => Groups.Sum(static group => group.Bytes);

    /// <summary>A group by its name.</summary>
    public BackedUpGroup Find(string group) => Groups.First(found => found.Group == group);

    /// <summary>A line for people.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"cluster {Head.Definition().ClusterId}, {Head.CreatedAt:yyyy-MM-dd HH:mm:ss}Z, {Groups.Length} groups, {StateBytes:N0} bytes of states");
}
