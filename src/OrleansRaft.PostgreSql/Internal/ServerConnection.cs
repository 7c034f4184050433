using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>The way to one server: every physical connection checks that it is the right one, and that it has not gone back in time.</summary>
internal sealed class ServerConnection : IAsyncDisposable
{
    private readonly string clusterId;
    private readonly int servers;
    private readonly ILogger logger;
    private readonly NpgsqlDataSource source;
    private long counterSeen;

    public ServerConnection(PostgreSqlStoreOptions options, int number, string clusterId, ILogger logger)
    {
        this.clusterId = clusterId;
        this.logger = logger;
        servers = options.ConnectionStrings.Count;
        Number = number;
        Name = Connections.Describe(options.ConnectionStrings[number]);
        var builder = new NpgsqlDataSourceBuilder(Connections.Complete(options, options.ConnectionStrings[number]));
        builder.UsePhysicalConnectionInitializer(
            _ => throw new NotSupportedException("connections are opened asynchronously"),
            connection => CheckAsync(connection, CancellationToken.None));
        source = builder.Build();
    }

    public int Number { get; }

    /// <summary>Host, port and database, for people.</summary>
    public string Name { get; }

    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellation) => source.OpenConnectionAsync(cancellation);

    /// <summary>Closes connections that nobody uses: after a failure they are likely to be dead.</summary>
    public void ForgetIdle() => source.Clear();

    /// <summary>Notes how far the server's counter has come, from the server itself or from a witness.</summary>
    public void NoteCounter(long counter)
    {
        var seen = Volatile.Read(ref counterSeen);
        while (counter > seen)
        {
            seen = Interlocked.CompareExchange(ref counterSeen, counter, seen);
        }
    }

    public long CounterSeen => Volatile.Read(ref counterSeen);

    public ValueTask DisposeAsync() => source.DisposeAsync();

    private async Task CheckAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        // Read before the server is asked: our own lease raises both meanwhile.
        var seen = CounterSeen;
        var identity = await ServerIdentity.ReadAsync(connection, cancellation);
        identity.RequireIs(Name, clusterId, Number, servers);
        if (identity.Counter < seen)
        {
            await SetAsideAsync(connection, seen, cancellation);
        }

        NoteCounter(identity.Counter);
    }

    /// <summary>
    /// The server was restored from an old backup. What it holds stays out of its groups for good, new members may be added to it, and every silo is made
    /// to look for what it lost.
    /// </summary>
    private async Task SetAsideAsync(NpgsqlConnection connection, long seen, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            """
            WITH back AS (
                UPDATE raft.identity SET counter = $1 + 1 WHERE counter < $1 RETURNING 1
            ), aside AS (
                UPDATE raft.replica SET is_stale = true, epoch = epoch + 1, nonce = 0 WHERE EXISTS (SELECT 1 FROM back) AND NOT is_stale RETURNING 1
            ), told AS (
                UPDATE raft.silo_lease SET take_overs = take_overs + 1 WHERE EXISTS (SELECT 1 FROM back)
            )
            SELECT count(*)::int FROM aside
            """,
            Sql.Value(seen));
        var count = (int)(await command.ExecuteScalarAsync(cancellation))!;
        if (count > 0)
        {
            Log.ServerRolledBack(logger, Number, Name, count);
        }
    }
}
