using Npgsql;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>Deletes the lease rows of silos that are gone: those that were not extended between two looks and that no replica names.</summary>
/// <remarks>
/// A silo whose row was deleted although it lives loses nothing: its next extension fails, it makes a new row and looks for what it lost.
/// </remarks>
internal sealed class LeaseSweep(TimeProvider time, LeaseTimes times, long ownLease)
{
    private const int LeasesBetweenLooks = 20;

    private Dictionary<long, long> before = [];
    private long lookedAt = time.GetTimestamp();

    /// <summary>Does nothing unless it is time for a look.</summary>
    public async Task RunAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        if (time.GetElapsedTime(lookedAt) < times.Duration * LeasesBetweenLooks)
        {
            return;
        }

        lookedAt = time.GetTimestamp();
        var now = await ReadUnusedAsync(connection, cancellation);
        var gone = now.Where(lease => before.TryGetValue(lease.Key, out var extensions) && extensions == lease.Value).ToArray();
        before = now;
        await using var command = Sql.Command(
            connection,
            $"""
            DELETE FROM raft.silo_lease l USING unnest($1::bigint[], $2::bigint[]) AS g (id, extensions)
            WHERE l.id = g.id AND l.extensions = g.extensions
                AND NOT EXISTS (SELECT 1 FROM raft.replica r WHERE r.speaker_lease = l.id) AND {Sql.Durably}
            """,
            Sql.Value(gone.Select(static lease => lease.Key).ToArray()),
            Sql.Value(gone.Select(static lease => lease.Value).ToArray()));
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private async Task<Dictionary<long, long>> ReadUnusedAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            """
            SELECT id, extensions FROM raft.silo_lease
            WHERE id <> $1 AND id NOT IN (SELECT speaker_lease FROM raft.replica WHERE speaker_lease IS NOT NULL)
            """,
            Sql.Value(ownLease));
        var leases = new Dictionary<long, long>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            leases.Add(reader.GetInt64(0), reader.GetInt64(1));
        }

        return leases;
    }
}
