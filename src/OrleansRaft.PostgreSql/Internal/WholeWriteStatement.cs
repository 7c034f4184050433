using Npgsql;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>
/// The statement for writes of every kind, when <see cref="AppendStatement"/> does not suffice: it cuts off, compacts, and puts snapshots in force
/// too.
/// </summary>
/// <remarks>
/// What is compacted away, or covered by a snapshot that is installed, only ceases to count: deleting the log of a large state takes as long as many
/// writes, and all replicas of the silo would wait for it. <see cref="DeletionStatements.ForgetBlocksAsync"/> does that in time.
/// The rows are locked in the order of their keys, so that two statements never wait for each other in a circle. Everything of one replica stands in
/// one row of the input, its block too: joining a second list would cost the square of the batch. Only what a coalesced block cannot hold travels in
/// arrays of its own, which are mostly empty. What follows an unknown outcome is in <see cref="OutcomeStatements"/>.
/// </remarks>
internal sealed class WholeWriteStatement : WriteStatement
{
    private const string Text = $"""
        WITH held AS MATERIALIZED (
            SELECT i.*, r.writes
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
                        $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bytea[])
            AS i (id, epoch, nonce, stored_index, stored_term, term, voted_for, commit_index, last_index, last_term, start_index, start_term,
                  snapshot_id, cut_after, block_first, block_last, block)
            JOIN raft.replica r ON r.id = i.id
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
            DELETE FROM raft.log_block b USING held h
            WHERE h.cut_after >= 0 AND b.replica_id = h.id AND b.first_index > h.cut_after AND b.last_index > h.start_index
        ), shortened AS (
            UPDATE raft.log_block b SET last_index = h.cut_after FROM held h
            WHERE h.cut_after > 0 AND b.replica_id = h.id AND b.first_index <= h.cut_after AND b.last_index > h.cut_after
        ), appended AS (
            INSERT INTO raft.log_block (replica_id, first_index, write_no, last_index, block)
            SELECT h.id, h.block_first, h.writes + 1, h.block_last, h.block FROM held h WHERE h.block_last > 0
        ), appended_too AS (
            INSERT INTO raft.log_block (replica_id, first_index, write_no, last_index, block)
            SELECT h.id, m.block_first, h.writes + 1, m.block_last, m.block
            FROM unnest($18::bigint[], $19::bigint[], $20::bigint[], $21::bytea[]) AS m (id, block_first, block_last, block)
            JOIN held h ON h.id = m.id
        )
        SELECT nonce FROM written WHERE {Sql.Durably}
        """;

    /// <summary>The numbers of each replica, before its block.</summary>
    private const int ReplicaColumns = 16;

    private const int MoreColumns = 3;

    private readonly List<long>[] numbers = [.. Enumerable.Range(0, ReplicaColumns + MoreColumns).Select(static _ => new List<long>())];
    private readonly List<ReadOnlyMemory<byte>> blocks = [];
    private readonly List<ReadOnlyMemory<byte>> moreBlocks = [];

    protected override string CommandText => Text;

    protected override IEnumerable<NpgsqlParameter> Parameters() =>
    [
        .. numbers[..ReplicaColumns].Select(Sql.Value),
        Sql.Value(blocks),
        .. numbers[ReplicaColumns..].Select(Sql.Value),
        Sql.Value(moreBlocks),
    ];

    protected override void Fill(IReadOnlyList<ReplicaWrite> writes)
    {
        foreach (var column in numbers)
        {
            column.Clear();
        }

        blocks.Clear();
        moreBlocks.Clear();
        foreach (var write in writes)
        {
            AddReplica(write);
            AddMoreBlocks(write);
        }
    }

    private void AddReplica(ReplicaWrite write)
    {
        var block = write.Blocks.Count > 0 ? write.Blocks[0] : null;
        ReadOnlySpan<long> row =
        [
            write.Replica.Id, write.Replica.Epoch, write.Replica.Nonce,
            write.StoredLast.Index.Value, write.StoredLast.Term.Value,
            write.HardState.CurrentTerm.Value, write.HardState.VotedFor?.Value ?? 0, write.HardState.CommitIndex.Value,
            write.Last.Index.Value, write.Last.Term.Value,
            write.Start.Index.Value, write.Start.Term.Value,
            write.Newest?.Id ?? 0,
            write.CutAfter?.Value ?? -1,
            block?.Previous.Index.Next.Value ?? 0, block?.Last.Index.Value ?? 0,
        ];
        for (var column = 0; column < ReplicaColumns; column++)
        {
            numbers[column].Add(row[column]);
        }

        blocks.Add(block?.Encoded ?? ReadOnlyMemory<byte>.Empty);
    }

    private void AddMoreBlocks(ReplicaWrite write)
    {
        for (var i = 1; i < write.Blocks.Count; i++)
        {
            var block = write.Blocks[i];
            numbers[ReplicaColumns].Add(write.Replica.Id);
            numbers[ReplicaColumns + 1].Add(block.Previous.Index.Next.Value);
            numbers[ReplicaColumns + 2].Add(block.Last.Index.Value);
            moreBlocks.Add(block.Encoded);
        }
    }
}
