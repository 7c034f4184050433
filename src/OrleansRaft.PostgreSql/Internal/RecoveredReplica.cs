using Npgsql;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Lives;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>Everything of a replica, read back and checked.</summary>
/// <param name="State">For Core.</param>
/// <param name="Snapshot">The newest snapshot's bytes, where it is small; null where it is large, and is read later.</param>
/// <param name="Newest">Which that is; null for the empty state.</param>
/// <param name="Writes">How many writes there were.</param>
/// <param name="Last">The last entry.</param>
/// <param name="Mark">What the replica was about to do; null for nothing.</param>
internal sealed record RecoveredReplica(
    RecoveredState State, ReadOnlyMemory<byte>? Snapshot, StoredSnapshot? Newest, long Writes, EntryId Last, ApplyMark? Mark)
{
    /// <summary>Whether anything is there that was compacted away.</summary>
    public bool HasCompacted { get; init; }

    /// <summary>
    /// How many rows are read at a stretch: a long log takes a processor for tenths of a second, which the silo's other replicas need meanwhile.
    /// </summary>
    private const int Stretch = 200;

    private const int CompactedColumn = 10;

    // What was compacted away is deleted in time.
    private const string Blocks = """
        SELECT last_index, block FROM raft.log_block
        WHERE replica_id = $1 AND last_index > (SELECT start_index FROM raft.replica WHERE id = $1) ORDER BY first_index, write_no
        """;

    private const string Snapshots = """
        SELECT s.id, s.descriptor FROM raft.replica r JOIN raft.snapshot s ON s.id = r.snapshot_id WHERE r.id = $1
        """;

    private const string Chunks = """
        SELECT c.first_offset, c.crc, c.data FROM raft.replica r JOIN raft.snapshot_chunk c ON c.snapshot_id = r.snapshot_id
        WHERE r.id = $1 AND c.first_offset < $2 ORDER BY c.first_offset
        """;

    private const string Row = """
        SELECT term, voted_for, commit_index, last_term, last_index, start_term, start_index, snapshot_id, writes, configuration,
            (SELECT last_index FROM raft.log_block WHERE replica_id = r.id ORDER BY first_index, write_no LIMIT 1) <= start_index
        FROM raft.replica r WHERE id = $1 AND epoch = $2 AND nonce = $3
        """;

    /// <summary>
    /// Reads in one round trip, each statement seeing all that committed before it. The row comes last: if it is still held then, nobody wrote in
    /// between.
    /// </summary>
    /// <exception cref="StoreRefusedException">Somebody else acquired the replica meanwhile.</exception>
    /// <exception cref="CorruptDataException">Something is damaged.</exception>
    public static async Task<RecoveredReplica> ReadAsync(
        NpgsqlConnection connection, ReplicaKey key, Acquisition acquired, long nonce, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(Command(Blocks, acquired.Id));
        batch.BatchCommands.Add(Command(Snapshots, acquired.Id));
        batch.BatchCommands.Add(Command(Chunks, acquired.Id, SnapshotStream.MemoryBytesMax));
        batch.BatchCommands.Add(Command(LifeStatements.Mark, acquired.Id));
        batch.BatchCommands.Add(Command(Row, acquired.Id, acquired.Epoch, nonce));
        batch.Timeout = 0;
        await using var reader = await batch.ExecuteReaderAsync(cancellation);

        var blocks = new List<StoredBlock>();
        while (await reader.ReadAsync(cancellation))
        {
            blocks.Add(new StoredBlock(new LogIndex(reader.GetInt64(0)), reader.Column<byte[]>(1)));
            if (blocks.Count % Stretch == 0)
            {
                await Task.Yield();
            }
        }

        await reader.NextResultAsync(cancellation);
        (long Id, byte[] Descriptor)? described = await reader.ReadAsync(cancellation) ? (reader.GetInt64(0), reader.Column<byte[]>(1)) : null;

        await reader.NextResultAsync(cancellation);
        var chunks = new List<StoredChunk>();
        while (await reader.ReadAsync(cancellation))
        {
            chunks.Add(StoredChunk.Read(reader, 0));
        }

        await reader.NextResultAsync(cancellation);
        var mark = await reader.ReadAsync(cancellation) ? ApplyMark.Decode(reader.Column<byte[]>(0)) : null;

        await reader.NextResultAsync(cancellation);
        if (!await reader.ReadAsync(cancellation))
        {
            throw new StoreRefusedException($"another activation took replica {key} over while this one was opening it");
        }

        return Check(key, reader, blocks, described, chunks) with
        {
            Mark = mark,
            HasCompacted = !await reader.IsDBNullAsync(CompactedColumn, cancellation) && reader.GetBoolean(CompactedColumn),
        };
    }

    private static RecoveredReplica Check(
        ReplicaKey key, NpgsqlDataReader row, List<StoredBlock> blocks, (long Id, byte[] Descriptor)? described, List<StoredChunk> chunks)
    {
        var votedFor = row.GetInt64(1);
        var hardState = new HardState(new Term(row.GetInt64(0)), votedFor == 0 ? null : new ReplicaId(votedFor), new LogIndex(row.GetInt64(2)));
        var last = new EntryId(new Term(row.GetInt64(3)), new LogIndex(row.GetInt64(4)));
        var start = new EntryId(new Term(row.GetInt64(5)), new LogIndex(row.GetInt64(6)));
        var newest = NewestOf(key, row.GetInt64(7), described);
        var initial = ConfigurationCodec.Decode(row.GetFieldValue<byte[]>(9));
        var snapshot = newest?.Descriptor ?? SnapshotDescriptor.Initial(initial);
        var state = new RecoveredState(hardState, snapshot, start, StoredLog.Assemble(key, start, last, blocks)) { JoinedAfter = initial.Version };
        StoredLog.RequireConsistent(key, state);

        // A bare null would become empty memory, by way of an array that is not there.
        var small = snapshot.SizeBytes > SnapshotStream.MemoryBytesMax ? (ReadOnlyMemory<byte>?)null : Join(key, snapshot, chunks);
        return new RecoveredReplica(state, small, newest, row.GetInt64(8), last, null);
    }

    private static StoredSnapshot? NewestOf(ReplicaKey key, long id, (long Id, byte[] Descriptor)? described)
    {
        if (id == 0)
        {
            return null;
        }

        if (described is not { } found || found.Id != id)
        {
            throw StoredLog.Damaged(key, LogIndex.Zero, "its newest snapshot is gone");
        }

        try
        {
            return new StoredSnapshot(id, SnapshotDescriptorCodec.Decode(found.Descriptor));
        }
        catch (CorruptDataException exception)
        {
            throw StoredLog.Damaged(key, LogIndex.Zero, $"its snapshot's descriptor: {exception.Message}", exception);
        }
    }

    /// <summary>Puts a snapshot together from its chunks.</summary>
    private static ReadOnlyMemory<byte> Join(ReplicaKey key, SnapshotDescriptor snapshot, IEnumerable<StoredChunk> chunks)
    {
        var state = new byte[checked((int)snapshot.SizeBytes)];
        var length = 0;
        foreach (var chunk in chunks)
        {
            if (chunk.Offset != length || chunk.Data.Length > state.Length - length)
            {
                break;
            }

            chunk.Checked(key, snapshot).Data.CopyTo(state.AsMemory(length));
            length += chunk.Data.Length;
        }

        return length == state.Length
            ? state
            : throw StoredLog.Damaged(
                key,
                snapshot.LastIncluded.Index,
                $"the snapshot through {snapshot.LastIncluded} has {state.Length} bytes, but no chunk at byte {length}");
    }

    private static NpgsqlBatchCommand Command(string text, params ReadOnlySpan<long> arguments)
    {
#pragma warning disable CA2100 // Constants of this file.
        var command = new NpgsqlBatchCommand(text);
#pragma warning restore CA2100
        foreach (var argument in arguments)
        {
            command.Parameters.Add(Sql.Value(argument));
        }

        return command;
    }
}
