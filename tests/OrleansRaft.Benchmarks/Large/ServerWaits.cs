using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace OrleansRaft.Benchmarks.Large;

/// <summary>Looks again and again what the statements of a server wait for, and notes those that take long.</summary>
internal sealed class ServerWaits : IAsyncDisposable
{
    private const int KeptMax = 100_000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly string database;
    private readonly Lock gate = new();
    private readonly List<Stall> seen = [];
    private readonly CancellationTokenSource stopping = new();
    private readonly Task looking;

    public ServerWaits(string database)
    {
        this.database = database + ";Pooling=false;Application Name=waits";
        looking = LookAsync();
    }

    /// <summary>What was seen: each for as long as it had been under way.</summary>
    public Stall[] All()
    {
        lock (gate)
        {
            return [.. seen];
        }
    }

    /// <summary>What the server did since it started: checkpoints, and its log.</summary>
    public async Task<string> TellAsync()
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = """
            SELECT c.checkpoints_timed, c.checkpoints_req, c.checkpoint_write_time, c.checkpoint_sync_time, w.wal_records, w.wal_fpi,
                w.wal_bytes::bigint
            FROM pg_stat_bgwriter c, pg_stat_wal w
            """;
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"PostgreSQL: {reader.GetInt64(0)} checkpoints by time, {reader.GetInt64(1)} by size, {reader.GetDouble(2) / 1000:0.0} s writing, "
                + $"{reader.GetDouble(3) / 1000:0.0} s syncing; {reader.GetInt64(4)} records, {reader.GetInt64(5)} page images, "
                + $"{reader.GetInt64(6) >> 20} MiB of log");
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await looking;
        stopping.Dispose();
    }

    private async Task LookAsync()
    {
        try
        {
            await using var connection = new NpgsqlConnection(database);
            await connection.OpenAsync(stopping.Token);
            await using var command = connection.CreateCommand();
            command.CommandText = """
                SELECT application_name, left(regexp_replace(query, '\s+', ' ', 'g'), 40), coalesce(wait_event, 'runs'),
                    extract(epoch FROM clock_timestamp() - query_start)::float8
                FROM pg_stat_activity
                WHERE state = 'active' AND pid <> pg_backend_pid() AND query_start < clock_timestamp() - interval '15 ms'
                """;
            await command.PrepareAsync(stopping.Token);
            while (true)
            {
                await Task.Delay(Pause, stopping.Token);
                await using var reader = await command.ExecuteReaderAsync(stopping.Token);
                while (await reader.ReadAsync(stopping.Token))
                {
                    var now = Stopwatch.GetTimestamp();
                    lock (gate)
                    {
                        if (seen.Count < KeptMax)
                        {
                            seen.Add(new Stall(
                                $"{reader.GetString(0)} {reader.GetString(1)}: {reader.GetString(2)}",
                                now - (long)(reader.GetDouble(3) * Stopwatch.Frequency),
                                now));
                        }
                    }
                }
            }
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            // That was all.
        }
    }
}
