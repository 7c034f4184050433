using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>
/// The way to one server. Every physical connection is set up, and checks that it leads to the right server, which has not gone back in time; one
/// that was idle is asked whether it still works before it is used.
/// </summary>
internal sealed class ServerConnection : IAsyncDisposable
{
    private const int RememberedMax = 1_000;

    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromMilliseconds(500);

    private readonly PostgreSqlStoreOptions options;
    private readonly string clusterId;
    private readonly ILogger logger;
    private readonly NpgsqlDataSource direct;
    private readonly NpgsqlDataSource pooled;
    private readonly ConcurrentDictionary<int, long> usedAt = new();
    private long counterSeen;
    private bool isPooled;

    public ServerConnection(PostgreSqlStoreOptions options, int number, string clusterId, ILogger logger)
    {
        this.options = options;
        this.clusterId = clusterId;
        this.logger = logger;
        Number = number;
        Name = Connections.Describe(options.ConnectionStrings[number]);
        direct = Build(mayPrepare: true);
        pooled = Build(mayPrepare: false);
    }

    public int Number { get; }

    /// <summary>Host, port and database, for people.</summary>
    public string Name { get; }

    /// <summary>Whether a statement finds what an earlier one prepared; not so behind a pooler.</summary>
    public bool MayPrepare => !Volatile.Read(ref isPooled);

    public long CounterSeen => Volatile.Read(ref counterSeen);

    /// <summary>A connection that works: a new one, or one that answered.</summary>
    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var mayPrepare = MayPrepare;
            NpgsqlConnection connection;
            try
            {
                connection = await (mayPrepare ? direct : pooled).OpenConnectionAsync(cancellation);
            }
            catch (Exception) when (mayPrepare && !MayPrepare && !cancellation.IsCancellationRequested)
            {
                // The first connection found that there is a pooler.
                continue;
            }

            if (await IsAliveAsync(connection, cancellation))
            {
                return connection;
            }

            // Those that lie idle beside it are no younger.
            ForgetIdle();
            await connection.DisposeAsync();
        }
    }

    /// <summary>Whether a connection still works. Only one that has not been used for a while is asked.</summary>
    public async Task<bool> IsAliveAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        if (usedAt.TryGetValue(connection.ProcessID, out var used) && TimeProvider.System.GetElapsedTime(used) < options.ProbeAfter)
        {
            NoteUse(connection);
            return true;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(ProbeTimeout);
        try
        {
            await using var command = Sql.Command(connection, "SELECT 1");
            await command.ExecuteScalarAsync(limit.Token);
            NoteUse(connection);
            return true;
        }
        catch (Exception) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>
    /// Closes connections that nobody uses: after a failure they are likely to be dead. And learns from it whether there is a pooler.
    /// </summary>
    public void ForgetAfter(Exception failure)
    {
        if (Failures.IsOfAnotherSession(failure))
        {
            NotePooler();
        }

        ForgetIdle();
    }

    /// <summary>Closes connections that nobody uses.</summary>
    public void ForgetIdle()
    {
        direct.Clear();
        pooled.Clear();
    }

    /// <summary>Notes how far the server's counter has come, from the server itself or from a witness.</summary>
    public void NoteCounter(long counter)
    {
        var seen = Volatile.Read(ref counterSeen);
        while (counter > seen)
        {
            seen = Interlocked.CompareExchange(ref counterSeen, counter, seen);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await direct.DisposeAsync();
        await pooled.DisposeAsync();
    }

    private NpgsqlDataSource Build(bool mayPrepare)
    {
        var builder = new NpgsqlDataSourceBuilder(Connections.Complete(options, options.ConnectionStrings[Number], mayPrepare));
        builder.UsePhysicalConnectionInitializer(
            _ => throw new NotSupportedException("connections are opened asynchronously"),
            connection => BeginAsync(connection, mayPrepare, CancellationToken.None));
        return builder.Build();
    }

    private void NotePooler()
    {
        if (!Interlocked.Exchange(ref isPooled, true))
        {
            Log.PoolerFound(logger, Name);
        }
    }

    private void NoteUse(NpgsqlConnection connection)
    {
        // Connections come and go; one that was left out is asked once more.
        if (usedAt.Count > RememberedMax)
        {
            usedAt.Clear();
        }

        usedAt[connection.ProcessID] = TimeProvider.System.GetTimestamp();
    }

    private async Task BeginAsync(NpgsqlConnection connection, bool mayPrepare, CancellationToken cancellation)
    {
        var isOurs = !await Sessions.BeginAsync(connection, options, Name, cancellation);

        // Read before the server is asked: our own lease raises both meanwhile.
        var seen = CounterSeen;
        var identity = await ServerIdentity.ReadAsync(connection, cancellation);
        if (mayPrepare && !(isOurs && identity.Process == connection.ProcessID))
        {
            NotePooler();
            throw new InvalidOperationException("a pooler needs connections that prepare nothing");
        }

        identity.RequireIs(Name, clusterId, Number, options);
        if (identity.Counter < seen)
        {
            await SetAsideAsync(connection, seen, cancellation);
        }

        NoteCounter(identity.Counter);
        NoteUse(connection);
    }

    /// <summary>
    /// The server was restored from an old backup. What it holds stays out of its groups for good, new members may be added to it, and every silo is
    /// made to look for what it lost.
    /// </summary>
    private async Task SetAsideAsync(NpgsqlConnection connection, long seen, CancellationToken cancellation)
    {
        await using var command = Sql.Command(
            connection,
            $"""
            WITH back AS (
                UPDATE raft.identity SET counter = $1 + 1 WHERE counter < $1 RETURNING 1
            ), aside AS (
                UPDATE raft.replica SET is_stale = true, epoch = epoch + 1, nonce = 0 WHERE EXISTS (SELECT 1 FROM back) AND NOT is_stale RETURNING 1
            ), told AS (
                UPDATE raft.silo_lease SET take_overs = take_overs + 1 WHERE EXISTS (SELECT 1 FROM back)
            )
            SELECT count(*)::int FROM aside WHERE {Sql.Durably}
            """,
            Sql.Value(seen));
        var count = (int)(await command.ExecuteScalarAsync(cancellation))!;
        if (count > 0)
        {
            Log.ServerRolledBack(logger, Number, Name, count);
        }
    }
}
