using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansRaft.Runtime.Hosting;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>
/// Enters this run of a silo among those that use server 0, or refuses it: beside another of its name, and beside a cluster of its own. Whose lease
/// is no longer extended does not run, so a silo that crashed is never in the way of its own restart for longer than its lease.
/// </summary>
internal sealed class SiloRegistration(SiloIdentity identity, long lease, TimeSpan leaseDuration, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Registers, after a wait for rivals that may have ended only just now.</summary>
    /// <exception cref="StoreRefusedException">A rival runs.</exception>
    public async Task RegisterAsync(NpgsqlConnection connection, string server, string clusterId, ILogger logger, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        var first = await ReadRivalsAsync(connection, cancellation);
        while (true)
        {
            await using (var transaction = await connection.BeginTransactionAsync(cancellation))
            {
                await Migrations.BeginAsync(connection, server, logger, cancellation);
                var rivals = await ReadRivalsAsync(connection, cancellation);
                if (
                    rivals.FirstOrDefault(
                        rival => first.All(other => other.Lease != rival.Lease || other.Extensions != rival.Extensions)) is { } living)
                {
                    throw Refuse(living, server, clusterId);
                }

                if (rivals.TrueForAll(rival => rival.Age > leaseDuration) || time.GetElapsedTime(since) > leaseDuration)
                {
                    await InsertAsync(connection, cancellation);
                    await transaction.CommitAsync(cancellation);
                    return;
                }
            }

            await Task.Delay(Pause, time, cancellation);
        }
    }

    /// <summary>Every run that has a lease.</summary>
    public static async Task<List<SiloRun>> ReadAllAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            "SELECT id, silo, extensions, is_alone, whereabouts, extract(epoch FROM clock_timestamp() - extended_at)::float8 FROM raft.silo_lease");
        var runs = new List<SiloRun>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            runs.Add(new SiloRun(
                reader.GetInt64(0),
                reader.GetString(1),
                reader.GetInt64(2),
                reader.GetBoolean(3),
                reader.GetString(4),
                TimeSpan.FromSeconds(reader.GetDouble(5))));
        }

        return runs;
    }

    /// <summary>Says that a run has ended, so that the next one of its name need not wait.</summary>
    public static async Task RemoveAsync(NpgsqlConnection connection, long lease, CancellationToken cancellation)
    {
        await using var command = Sql.Command(connection, "DELETE FROM raft.silo_lease WHERE id = $1", Sql.Value(lease));
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private async Task<List<SiloRun>> ReadRivalsAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var runs = await ReadAllAsync(connection, cancellation);
        runs.RemoveAll(run => run.Lease == lease || !(run.Silo == identity.Name || run.IsAlone || identity.IsAlone));
        return runs;
    }

    private async Task InsertAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            "INSERT INTO raft.silo_lease (id, silo, is_alone, whereabouts, extended_at) VALUES ($1, $2, $3, $4, "
                + "clock_timestamp()) ON CONFLICT (id) DO NOTHING",
            Sql.Value(lease),
            Sql.Value(identity.Name),
            Sql.Value(identity.IsAlone),
            Sql.Value(identity.Whereabouts));
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private StoreRefusedException Refuse(SiloRun other, string server, string clusterId)
    {
        var who = $"silo '{other.Silo}'{(other.Whereabouts.Length == 0 ? "" : $" ({other.Whereabouts})")}";
        return new StoreRefusedException(other.Silo == identity.Name
            ? $"{who} of cluster '{clusterId}' runs already: two silos cannot have one name. "
                + "Stop that one, or start this one under another name (--silo-name)"
            : $"{who} uses PostgreSQL at {server} already, and {(identity.IsAlone ? "this silo is started as" : "is")} a cluster of its own "
                + "(--clustering localhost): "
                + "two that do not know each other would take each other's replicas away for ever. "
                + "Start all silos of this database with --clustering postgres, "
                + "or give each cluster a database of its own");
    }
}
