using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>The statements on the one row that says which store this is, and which cluster's.</summary>
internal static class StoreRow
{
    /// <summary>The cluster; null before it was created.</summary>
    /// <exception cref="CorruptDataException">The row is damaged.</exception>
    public static ClusterDefinition? ReadDefinition(Database database, string file)
    {
        var (definition, isRight) = database.Query($"SELECT definition, crc IS {Schema.StoreChecksum} FROM store")
            .Select(row => (row.IsDBNull(0) ? null : row.GetString(0), row.GetBoolean(1))).Single();
        return !isRight
            ? throw new CorruptDataException($"the cluster row in {file} does not match its checksum: the file is damaged")
            : definition is null ? null : ClusterRow.Read(definition);
    }

    public static void WriteDefinition(Database database, ClusterDefinition definition)
    {
        database.Execute("UPDATE store SET cluster_id = ?1, definition = ?2", definition.ClusterId, ClusterRow.Write(definition));
        database.Execute($"UPDATE store SET crc = {Schema.StoreChecksum}");
    }
}
