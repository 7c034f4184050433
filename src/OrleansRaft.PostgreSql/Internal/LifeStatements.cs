using Npgsql;
using OrleansRaft.Runtime.Lives;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>The statements on how lives of silos ended, and on what replicas were about to do.</summary>
internal static class LifeStatements
{
    /// <summary>What a replica was about to do; part of what is read when it is opened.</summary>
    public const string Mark = "SELECT mark FROM raft.apply_mark WHERE replica_id = $1";

    public static async Task<SiloLives?> ReadLivesAsync(NpgsqlConnection connection, string silo, CancellationToken cancellation)
    {
        await using var command = Sql.Command(connection, "SELECT lives FROM raft.silo_life WHERE silo = $1", Sql.Value(silo));
        return await command.ExecuteScalarAsync(cancellation) is byte[] lives ? SiloLives.Decode(lives) : null;
    }

    public static async Task WriteLivesAsync(NpgsqlConnection connection, string silo, SiloLives lives, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            $"""
            INSERT INTO raft.silo_life (silo, lives) SELECT $1, $2 WHERE {Sql.Durably} ON CONFLICT (silo) DO UPDATE SET lives = excluded.lives
            """,
            Sql.Value(silo),
            Sql.Value(lives.Encode()));
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Remembers what a replica is about to do, if the activation holds it.</summary>
    /// <returns>Whether it does; also true where nothing had to be forgotten.</returns>
    public static async Task<bool> WriteMarkAsync(
        NpgsqlConnection connection, long replica, long nonce, ApplyMark? mark, CancellationToken cancellation)
    {
        await using var command = mark is null
            ? Sql.Command(
                connection,
                $"""
                DELETE FROM raft.apply_mark m USING raft.replica r WHERE m.replica_id = r.id AND r.id = $1 AND r.nonce = $2 AND {Sql.Durably}
                """,
                Sql.Value(replica),
                Sql.Value(nonce))
            : Sql.Command(
                connection,
                $"""
                INSERT INTO raft.apply_mark (replica_id, mark)
                SELECT id, $3 FROM raft.replica WHERE id = $1 AND nonce = $2 AND {Sql.Durably} FOR KEY SHARE
                ON CONFLICT (replica_id) DO UPDATE SET mark = excluded.mark
                """,
                Sql.Value(replica),
                Sql.Value(nonce),
                Sql.Value(mark.Encode()));
        return await command.ExecuteNonQueryAsync(cancellation) == 1 || mark is null;
    }
}
