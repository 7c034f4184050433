using Npgsql;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>
/// The statement for what nearly all writes are: a block at the end of the log, or nothing but term and vote. It costs the server less than half of
/// <see cref="WholeWriteStatement"/>.
/// </summary>
/// <remarks>
/// The rows are locked in the order of the input, which is that of their keys, so that two statements never wait for each other in a circle. Of rows
/// that another statement changed meanwhile, PostgreSQL looks at the conditions again.
/// </remarks>
internal sealed class AppendStatement : WriteStatement
{
    private const string Text = $"""
        WITH written AS (
            UPDATE raft.replica r SET
                writes = r.writes + 1, term = i.term, voted_for = i.voted_for, commit_index = i.commit_index,
                last_index = i.last_index, last_term = i.last_term
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
                        $10::bigint[], $11::bigint[], $12::bytea[])
            AS i (id, epoch, nonce, stored_index, stored_term, term, voted_for, commit_index, last_index, last_term, block_first, block)
            WHERE r.id = i.id AND r.epoch = i.epoch AND r.nonce = i.nonce AND r.last_index = i.stored_index AND r.last_term = i.stored_term
            RETURNING r.nonce, r.id, r.writes, i.block_first, i.last_index, i.block
        ), appended AS (
            INSERT INTO raft.log_block (replica_id, first_index, write_no, last_index, block)
            SELECT w.id, w.block_first, w.writes, w.last_index, w.block FROM written w WHERE w.block_first > 0
        )
        SELECT nonce FROM written WHERE {Sql.Durably}
        """;

    private const int Columns = 11;

    private readonly List<long>[] numbers = [.. Enumerable.Range(0, Columns).Select(static _ => new List<long>())];
    private readonly List<ReadOnlyMemory<byte>> blocks = [];

    protected override string CommandText => Text;

    /// <summary>Whether the statement can do all that these writes ask for.</summary>
    public static bool Suffices(IReadOnlyList<ReplicaWrite> writes)
    {
        foreach (var write in writes)
        {
            if (write.CutAfter is not null || write.Start.Index.Value > 0 || write.Newest is not null || write.Blocks.Count > 1)
            {
                return false;
            }
        }

        return true;
    }

    protected override IEnumerable<NpgsqlParameter> Parameters() => [.. numbers.Select(Sql.Value), Sql.Value(blocks)];

    protected override void Fill(IReadOnlyList<ReplicaWrite> writes)
    {
        foreach (var column in numbers)
        {
            column.Clear();
        }

        blocks.Clear();
        foreach (var write in writes.OrderBy(static write => write.Replica.Id))
        {
            Add(write);
        }
    }

    private void Add(ReplicaWrite write)
    {
        var block = write.Blocks.Count > 0 ? write.Blocks[0] : null;
        ReadOnlySpan<long> row =
        [
            write.Replica.Id, write.Replica.Epoch, write.Replica.Nonce,
            write.StoredLast.Index.Value, write.StoredLast.Term.Value,
            write.HardState.CurrentTerm.Value, write.HardState.VotedFor?.Value ?? 0, write.HardState.CommitIndex.Value,
            write.Last.Index.Value, write.Last.Term.Value,
            block?.Previous.Index.Next.Value ?? 0,
        ];
        for (var column = 0; column < Columns; column++)
        {
            numbers[column].Add(row[column]);
        }

        blocks.Add(block?.Encoded ?? ReadOnlyMemory<byte>.Empty);
    }
}
