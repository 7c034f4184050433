using OrleansRaft.Runtime.Levels;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>The statements on what the file remembers of feature levels.</summary>
internal static class LevelTable
{
    /// <summary>Makes the table. It is no part of the schema's version: a program that does not know it works at the first level.</summary>
    public const string Create = """
        CREATE TABLE IF NOT EXISTS feature_level (
            only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
            levels   TEXT NOT NULL
        );
        """;

    /// <summary>A cluster that began before there were levels works at the first.</summary>
    public const string BeginAtFirst = """
        INSERT INTO feature_level (only_row, levels)
        SELECT 1, '{"level":1,"silos":[]}' FROM store WHERE cluster_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM feature_level)
        """;

    public static ClusterLevels? Read(Database database) =>
        database.Query("SELECT levels FROM feature_level").Select(static row => ClusterLevels.Read(row.GetString(0))).FirstOrDefault();

    public static ClusterLevels? Change(Database database, Func<ClusterLevels?, ClusterLevels?> change)
    {
        var before = Read(database);
        if (change(before) is not { } after || after == before)
        {
            return before;
        }

        database.Execute(
            "INSERT INTO feature_level (only_row, levels) VALUES (1, ?1) ON CONFLICT (only_row) DO UPDATE SET levels = "
                + "excluded.levels", after.Write());
        return after;
    }
}
