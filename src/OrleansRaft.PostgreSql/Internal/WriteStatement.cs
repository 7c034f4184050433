using Npgsql;
using OrleansRaft.Core;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>The one statement of the write path: the writes of many replicas, committed by itself, each conditional on its owner and on where its log ends.</summary>
/// <remarks>
/// The rows are locked in the order of their keys, so that two statements never wait for each other in a circle. What is rarely needed (cuts, compactions)
/// travels in arrays of its own that are mostly empty. The statement that follows an unknown outcome is in <see cref="OutcomeStatements"/>.
/// </remarks>
internal sealed class WriteStatement
{
    private const string Text = """
        WITH input AS (
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
                                 $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[])
            AS i (id, epoch, nonce, stored_index, stored_term, term, voted_for, commit_index, last_index, last_term, start_index, start_term, snapshot_id)
        ), held AS MATERIALIZED (
            SELECT i.*, r.writes FROM input i JOIN raft.replica r ON r.id = i.id
            WHERE r.epoch = i.epoch AND r.nonce = i.nonce AND r.last_index = i.stored_index AND r.last_term = i.stored_term
            ORDER BY r.id
            FOR NO KEY UPDATE OF r
        ), written AS (
            UPDATE raft.replica r SET
                writes = h.writes + 1, term = h.term, voted_for = h.voted_for, commit_index = h.commit_index,
                last_index = h.last_index, last_term = h.last_term,
                start_term = CASE WHEN h.start_index > r.start_index THEN h.start_term ELSE r.start_term END,
                start_index = greatest(r.start_index, h.start_index),
                snapshot_id = CASE WHEN h.snapshot_id <> 0 THEN h.snapshot_id ELSE r.snapshot_id END
            FROM held h WHERE r.id = h.id
            RETURNING r.nonce
        ), cut AS (
            DELETE FROM raft.log_block b USING unnest($14::bigint[], $15::bigint[]) AS c (id, after), held h
            WHERE h.id = c.id AND b.replica_id = c.id AND b.first_index > c.after
        ), shortened AS (
            UPDATE raft.log_block b SET last_index = c.after FROM unnest($14::bigint[], $15::bigint[]) AS c (id, after), held h
            WHERE h.id = c.id AND b.replica_id = c.id AND b.first_index <= c.after AND b.last_index > c.after
        ), compacted AS (
            DELETE FROM raft.log_block b USING unnest($16::bigint[], $17::bigint[]) AS c (id, through), held h
            WHERE h.id = c.id AND b.replica_id = c.id AND b.first_index <= c.through AND b.last_index <= c.through
        ), appended AS (
            INSERT INTO raft.log_block (replica_id, first_index, write_no, last_index, block)
            SELECT n.id, n.first_index, h.writes + 1, n.last_index, n.block
            FROM unnest($18::bigint[], $19::bigint[], $20::bigint[], $21::bytea[]) AS n (id, first_index, last_index, block) JOIN held h ON h.id = n.id
        )
        SELECT nonce FROM written
        """;

    private const int ReplicaColumns = 13;

    private readonly List<long>[] numbers = [.. Enumerable.Range(0, 20).Select(static _ => new List<long>())];
    private readonly List<ReadOnlyMemory<byte>> blocks = [];
    private NpgsqlCommand? command;
    private NpgsqlConnection? preparedOn;

    /// <summary>Sends the writes, and answers the nonces of those activations whose landed. The others do not hold their replicas any more, or their logs end elsewhere.</summary>
    public async Task<HashSet<long>> ExecuteAsync(NpgsqlConnection connection, IReadOnlyList<ReplicaWrite> writes, CancellationToken cancellation)
    {
        Fill(writes);
        var prepared = await PrepareAsync(connection, cancellation);
        var landed = new HashSet<long>(writes.Count);
        await using var reader = await prepared.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            landed.Add(reader.GetInt64(0));
        }

        return landed;
    }

    private async Task<NpgsqlCommand> PrepareAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        if (command is not null && preparedOn == connection)
        {
            return command;
        }

        if (command is not null)
        {
            await command.DisposeAsync();
        }

        preparedOn = connection;
        command = Sql.Command(connection, Text);
        foreach (var column in numbers)
        {
            command.Parameters.Add(Sql.Value(column));
        }

        command.Parameters.Add(Sql.Value(blocks));
        await command.PrepareAsync(cancellation);
        return command;
    }

    private void Fill(IReadOnlyList<ReplicaWrite> writes)
    {
        foreach (var column in numbers)
        {
            column.Clear();
        }

        blocks.Clear();
        foreach (var write in writes)
        {
            AddReplica(write);
            AddLog(write);
        }
    }

    private void AddReplica(ReplicaWrite write)
    {
        ReadOnlySpan<long> row =
        [
            write.Log.Id, write.Log.Epoch, write.Log.Nonce,
            write.StoredLast.Index.Value, write.StoredLast.Term.Value,
            write.HardState.CurrentTerm.Value, write.HardState.VotedFor?.Value ?? 0, write.HardState.CommitIndex.Value,
            write.Last.Index.Value, write.Last.Term.Value,
            write.Start.Index.Value, write.Start.Term.Value,
            write.Newest?.Id ?? 0,
        ];
        for (var i = 0; i < ReplicaColumns; i++)
        {
            numbers[i].Add(row[i]);
        }
    }

    private void AddLog(ReplicaWrite write)
    {
        if (write.CutAfter is { } after)
        {
            numbers[13].Add(write.Log.Id);
            numbers[14].Add(after.Value);
        }

        // A log that is cut off altogether is replaced by a snapshot: there is nothing left to compact.
        if (write.Start != EntryId.Zero && write.CutAfter != LogIndex.Zero)
        {
            numbers[15].Add(write.Log.Id);
            numbers[16].Add(write.Start.Index.Value);
        }

        foreach (var block in write.Blocks)
        {
            numbers[17].Add(write.Log.Id);
            numbers[18].Add(block.Previous.Index.Next.Value);
            numbers[19].Add(block.Last.Index.Value);
            blocks.Add(block.Encoded);
        }
    }
}
