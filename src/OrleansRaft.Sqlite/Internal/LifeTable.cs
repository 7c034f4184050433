using OrleansRaft.Runtime.Lives;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>
/// The statements on how lives of the silo ended, and on what its replicas were about to do. All of it is a hint; marks carry checksums.
/// </summary>
internal static class LifeTable
{
    /// <summary>
    /// Makes the tables. They are no part of the schema's version: a program that does not know them leaves them alone, and goes on without hints.
    /// </summary>
    public const string Create = """
        CREATE TABLE IF NOT EXISTS silo_life (
            silo  TEXT PRIMARY KEY,
            lives BLOB NOT NULL
        );
        CREATE TABLE IF NOT EXISTS apply_mark (
            replica_id INTEGER PRIMARY KEY,
            mark       BLOB NOT NULL
        );
        """;

    public static SiloLives? ReadLives(Database database, string silo) => database
        .Query("SELECT lives FROM silo_life WHERE silo = ?1", silo)
        .Select(row => SiloLives.Decode(row.GetFieldValue<byte[]>(0)))
        .FirstOrDefault();

    public static void WriteLives(Database database, string silo, SiloLives lives) => database.Execute(
        "INSERT INTO silo_life (silo, lives) VALUES (?1, ?2) ON CONFLICT (silo) DO UPDATE SET lives = excluded.lives", silo, lives.Encode());

    public static ApplyMark? ReadMark(Database database, Hold hold) => database
        .Query("SELECT mark FROM apply_mark WHERE replica_id = ?1", hold.Id)
        .Select(row => ApplyMark.Decode(row.GetFieldValue<byte[]>(0)))
        .FirstOrDefault();

    public static void WriteMark(Database database, Hold hold, ApplyMark? mark)
    {
        if (mark is null)
        {
            database.Execute("DELETE FROM apply_mark WHERE replica_id = ?1", hold.Id);
            return;
        }

        database.Execute(
            "INSERT INTO apply_mark (replica_id, mark) VALUES (?1, ?2) ON CONFLICT (replica_id) DO UPDATE SET mark = excluded.mark",
            hold.Id,
            mark.Encode());
    }
}
