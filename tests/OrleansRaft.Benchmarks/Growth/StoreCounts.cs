using Npgsql;

namespace OrleansRaft.Benchmarks.Growth;

/// <summary>What a database has done so far, as PostgreSQL counts it.</summary>
/// <param name="Transactions">Transactions that it committed.</param>
/// <param name="Rows">Rows of our tables that it inserted, updated and deleted.</param>
/// <param name="Updates">The updates among them.</param>
/// <param name="HotUpdates">Those of them that needed no new entry in an index.</param>
internal readonly record struct StoreCounts(long Transactions, long Rows, long Updates, long HotUpdates)
{
    public static StoreCounts operator +(StoreCounts one, StoreCounts other) => new(
        one.Transactions + other.Transactions, one.Rows + other.Rows, one.Updates + other.Updates, one.HotUpdates + other.HotUpdates);

    public static StoreCounts operator -(StoreCounts later, StoreCounts earlier) => new(
        later.Transactions - earlier.Transactions,
        later.Rows - earlier.Rows,
        later.Updates - earlier.Updates,
        later.HotUpdates - earlier.HotUpdates);

    /// <summary>Reads the statistics of a database, which its sessions bring up to date once a second.</summary>
    public static async Task<StoreCounts> ReadAsync(string database)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(
            """
            SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()),
                coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint, coalesce(sum(n_tup_upd), 0)::bigint, coalesce(sum(n_tup_hot_upd), 0)::bigint
            FROM pg_stat_user_tables WHERE schemaname = 'raft'
            """);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return new StoreCounts(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3));
    }
}
