using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OrleansRaft.PostgreSql;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Testbed.PostgreSql;

namespace OrleansRaft.Integration.Tests.Stores;

/// <summary>What the tests of PostgreSQL's own ways to fail share. They run on the system's clock.</summary>
public abstract class PostgreSqlTestBase : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> owned = [];

    protected static ReplicaKey Key { get; } = new("counters-0", new ReplicaId(1));

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected static ClusterDefinition Define(int servers, int groups = 4) => new("failures", [new GroupSet("counters", groups, 3)], servers, []);

    public async ValueTask DisposeAsync()
    {
        for (var i = owned.Count - 1; i >= 0; i--)
        {
            await owned[i].DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    protected T Own<T>(T disposable)
        where T : IAsyncDisposable
    {
        owned.Add(disposable);
        return disposable;
    }

    protected async Task<PostgresServer> StartServerAsync() => Own(await PostgresFixture.StartOwnServerAsync());

    private protected PostgreSqlLogStore CreateStore(params string[] servers) => CreateStore(TimeSpan.FromSeconds(1), servers);

    private protected PostgreSqlLogStore CreateStore(TimeSpan probeAfter, params string[] servers) => Own(new PostgreSqlLogStore(
        new PostgreSqlStoreOptions
        {
            ConnectionStrings = servers,
            StartTimeout = TimeSpan.FromMilliseconds(100),
            FurtherServersTimeout = TimeSpan.FromMilliseconds(100),
            StatementTimeout = TimeSpan.FromMinutes(1),
            ProbeAfter = probeAfter,
        },
        TimeProvider.System,
        NullLogger.Instance,
        Board));

    private protected AlarmBoard Board { get; } = new(TimeProvider.System);

    private protected async Task<PostgreSqlLogStore> StartStoreAsync(params string[] servers)
    {
        var store = CreateStore(servers);
        await store.InitializeAsync(Define(servers.Length), Cancellation);
        return store;
    }

    protected static Task<StoreRefusedException> RefusedAsync(Func<Task> action) => Should.ThrowAsync<StoreRefusedException>(action);

    protected static async Task<object?> ExecuteAsync(string database, string sql)
    {
        await using var connection = await ConnectAsync(database);
        return await ExecuteAsync(connection, sql);
    }

    protected static async Task<object?> ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of the tests.
        command.CommandText = sql;
#pragma warning restore CA2100

        // Making and dropping databases waits for a checkpoint of the whole server.
        command.CommandTimeout = 120;
        return await command.ExecuteScalarAsync(Cancellation);
    }

    protected static async Task<NpgsqlConnection> ConnectAsync(string database)
    {
        var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync(Cancellation);
        return connection;
    }

    protected static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (!await condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), deadline.Token);
        }
    }
}
