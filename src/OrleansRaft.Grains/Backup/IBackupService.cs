using Orleans.Services;
using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.Backup;

/// <summary>Gives the states of replicas here, piece by piece, to the silo that makes a backup.</summary>
[Alias("raft-backup-service")]
internal interface IBackupService : IGrainService
{
    /// <summary>Takes a view of the state of a replica here, behind everything that was acknowledged before.</summary>
    [Alias("open")]
    Task<BackupOpening> OpenAsync(ReplicaName replica);

    /// <summary>The next bytes of a state that was opened; those after an offset again, if the last answer was lost.</summary>
    /// <returns>Null when the state is not open any more: nobody had asked for a while, or the silo stops.</returns>
    [Alias("read")]
    Task<BackupPiece?> ReadAsync(long id, long offset);

    /// <summary>Lets a state go that was opened.</summary>
    [Alias("close")]
    Task CloseAsync(long id);
}

/// <summary>The answer to somebody who wants the state of a replica.</summary>
/// <param name="Id">By which it is read; 0 when it was refused.</param>
/// <param name="Reply">One reply, see <see cref="SiloService.RequestCodec"/>; empty when the replica is not here.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.BackupOpening")]
internal sealed record BackupOpening([property: Id(0)] long Id, [property: Id(1)] byte[] Reply);

/// <summary>Bytes of a state.</summary>
/// <param name="Bytes">The bytes.</param>
/// <param name="Snapshot">With the last of them, what the state is, see <see cref="Core.Codec.SnapshotDescriptorCodec"/>; null before.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.BackupPiece")]
internal sealed record BackupPiece([property: Id(0)] byte[] Bytes, [property: Id(1)] byte[]? Snapshot);
