using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>What the file holds of a replica, a piece at a time, each between the writes of others.</summary>
internal sealed class SqliteStoredReplica(CommitLoop loop, ReplicaKey key) : IStoredReplica
{
    public Task<StoredRow?> ReadRowAsync(CancellationToken cancellation) => loop.SubmitAsync(ReadRow, 0).WaitAsync(cancellation);

    public Task<IReadOnlyList<PlacedBlock>> ReadBlocksAsync(BlockPlace? after, long bytesMax, CancellationToken cancellation) => loop
        .SubmitAsync<IReadOnlyList<PlacedBlock>>(
            database =>
            {
                var piece = new List<PlacedBlock>();
                foreach (var row in database.Query(
                    """
                    SELECT b.first_index, b.last_index, b.block FROM log_block b JOIN replica r ON r.id = b.replica_id
                    WHERE r.group_name = ?1 AND r.replica = ?2 AND b.first_index > ?3 AND b.last_index > r.start_index ORDER BY b.first_index
                    """,
                    key.Group,
                    key.Replica.Value,
                    after?.First ?? -1))
                {
                    var block = row.GetFieldValue<byte[]>(2);
                    piece.Add(new PlacedBlock(new BlockPlace(row.GetInt64(0), 0), new StoredBlock(new LogIndex(row.GetInt64(1)), block)));
                    bytesMax -= block.Length;
                    if (bytesMax <= 0)
                    {
                        break;
                    }
                }

                return piece;
            },
            bytesMax)
        .WaitAsync(cancellation);

    public Task<ReadOnlyMemory<byte>?> ReadChunkAsync(
        long snapshot, SnapshotDescriptor descriptor, long offset, CancellationToken cancellation) => loop
        .SubmitAsync(
            database => SnapshotTable.ChunkAt(database, key, snapshot, descriptor, offset) is { } chunk && offset < chunk.Offset + chunk.Data.Length
                ? chunk.Data.AsMemory((int)(offset - chunk.Offset))
                : (ReadOnlyMemory<byte>?)null,
            ViewWriter.ChunkBytes)
        .WaitAsync(cancellation);

    private StoredRow? ReadRow(Database database)
    {
        var found = database
            .Query(
                $"""
                SELECT epoch, writes, term, voted_for, commit_index, start_term, start_index, last_term, last_index, snapshot_id, configuration,
                    crc IS {Schema.ReplicaChecksum}
                FROM replica WHERE group_name = ?1 AND replica = ?2
                """,
                key.Group,
                key.Replica.Value)
            .Select(row => (
                IsRight: row.GetBoolean(11),
                Row: new StoredRow(
                    row.GetInt64(0),
                    row.GetInt64(1),
                    new HardState(new Term(row.GetInt64(2)), row.IsDBNull(3) ? null : new ReplicaId(row.GetInt64(3)), new LogIndex(row.GetInt64(4))),
                    new EntryId(new Term(row.GetInt64(5)), new LogIndex(row.GetInt64(6))),
                    new EntryId(new Term(row.GetInt64(7)), new LogIndex(row.GetInt64(8))),
                    row.IsDBNull(9) ? null : row.GetInt64(9),
                    ConfigurationCodec.Decode(row.GetFieldValue<byte[]>(10)))))
            .FirstOrDefault();
        if (found.Row is not { } stored)
        {
            return null;
        }

        if (!found.IsRight)
        {
            throw StoredLog.Damaged(key, LogIndex.Zero, "its row, with its term and its vote, does not match its checksum");
        }

        if (stored.SnapshotId is not { } id)
        {
            return stored with { Snapshot = SnapshotDescriptor.Initial(stored.Initial) };
        }

        try
        {
            return stored with { Snapshot = SnapshotTable.Describe(database, key, id) };
        }
        catch (CorruptDataException exception)
        {
            return stored with { SnapshotProblem = exception.Message };
        }
    }
}
