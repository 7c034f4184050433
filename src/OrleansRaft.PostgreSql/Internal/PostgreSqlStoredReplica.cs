using Npgsql;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>What a server holds of a replica, a statement at a time.</summary>
internal sealed class PostgreSqlStoredReplica(Func<CancellationToken, ValueTask<NpgsqlConnection>> connect, ReplicaKey key) : IStoredReplica
{
    // A statement that ends early, by a limit on rows, spares the server what nobody reads.
    private const int BlocksAtOnce = 64;

    public async Task<StoredRow?> ReadRowAsync(CancellationToken cancellation)
    {
        await using var open = await connect(cancellation);
        await using var command = Sql.Command(
            open,
            """
            SELECT r.epoch, r.writes, r.term, r.voted_for, r.commit_index, r.start_term, r.start_index, r.last_term, r.last_index, r.snapshot_id,
                r.configuration, s.descriptor
            FROM raft.replica r LEFT JOIN raft.snapshot s ON s.id = r.snapshot_id AND r.snapshot_id <> 0
            WHERE r.group_name = $1 AND r.replica = $2
            """,
            Sql.Value(key.Group),
            Sql.Value(key.Replica.Value));
        await using var row = await command.ExecuteReaderAsync(cancellation);
        if (!await row.ReadAsync(cancellation))
        {
            return null;
        }

        var votedFor = row.GetInt64(3);
        var snapshot = row.GetInt64(9);
        var stored = new StoredRow(
            row.GetInt64(0),
            row.GetInt64(1),
            new HardState(new Term(row.GetInt64(2)), votedFor == 0 ? null : new ReplicaId(votedFor), new LogIndex(row.GetInt64(4))),
            new EntryId(new Term(row.GetInt64(5)), new LogIndex(row.GetInt64(6))),
            new EntryId(new Term(row.GetInt64(7)), new LogIndex(row.GetInt64(8))),
            snapshot == 0 ? null : snapshot,
            ConfigurationCodec.Decode(row.Column<byte[]>(10)));
        return stored.SnapshotId is null ? stored with { Snapshot = SnapshotDescriptor.Initial(stored.Initial) }
            : await row.IsDBNullAsync(11, cancellation) ? stored with { SnapshotProblem = "its newest snapshot is gone" }
            : Describe(stored, row.Column<byte[]>(11));
    }

    public async Task<IReadOnlyList<PlacedBlock>> ReadBlocksAsync(BlockPlace? after, long bytesMax, CancellationToken cancellation)
    {
        var piece = new List<PlacedBlock>();
        await using var open = await connect(cancellation);
        await using var command = Sql.Command(
            open,
            """
            SELECT b.first_index, b.write_no, b.last_index, b.block FROM raft.log_block b JOIN raft.replica r ON r.id = b.replica_id
            WHERE r.group_name = $1 AND r.replica = $2 AND (b.first_index, b.write_no) > ($3, $4) AND b.last_index > r.start_index
            ORDER BY b.first_index, b.write_no LIMIT $5
            """,
            Sql.Value(key.Group),
            Sql.Value(key.Replica.Value),
            Sql.Value(after?.First ?? -1L),
            Sql.Value(after?.Number ?? -1L),
            Sql.Value((long)BlocksAtOnce));
        await using var row = await command.ExecuteReaderAsync(cancellation);
        while (bytesMax > 0 && await row.ReadAsync(cancellation))
        {
            var block = row.Column<byte[]>(3);
            piece.Add(new PlacedBlock(
                new BlockPlace(row.GetInt64(0), row.GetInt64(1)), new StoredBlock(new LogIndex(row.GetInt64(2)), block)));
            bytesMax -= block.Length;
        }

        return piece;
    }

    public async Task<ReadOnlyMemory<byte>?> ReadChunkAsync(
        long snapshot, SnapshotDescriptor descriptor, long offset, CancellationToken cancellation)
    {
        await using var open = await connect(cancellation);
        await using var command = Sql.Command(
            open,
            """
            SELECT first_offset, crc, data FROM raft.snapshot_chunk WHERE snapshot_id = $1 AND first_offset <= $2
            ORDER BY first_offset DESC LIMIT 1
            """,
            Sql.Value(snapshot),
            Sql.Value(offset));
        await using var row = await command.ExecuteReaderAsync(cancellation);
        if (!await row.ReadAsync(cancellation))
        {
            return null;
        }

        var chunk = StoredChunk.Read(row, 0).Checked(key, descriptor);
        return offset < chunk.Offset + chunk.Data.Length ? chunk.Data[(int)(offset - chunk.Offset)..] : null;
    }

    private static StoredRow Describe(StoredRow stored, byte[] descriptor)
    {
        try
        {
            return stored with { Snapshot = SnapshotDescriptorCodec.Decode(descriptor) };
        }
        catch (CorruptDataException exception)
        {
            return stored with { SnapshotProblem = $"its snapshot's descriptor: {exception.Message}" };
        }
    }
}
