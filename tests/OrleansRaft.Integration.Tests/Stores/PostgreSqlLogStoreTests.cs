using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OrleansRaft.PostgreSql;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Storage.TestKit;
using OrleansRaft.Testbed.PostgreSql;

namespace OrleansRaft.Integration.Tests.Stores;

public sealed class PostgreSqlLogStoreTests(PostgresFixture postgres) : SharedLogStoreContract
{
    // No test here waits for it to pass; a machine that is busy may need it.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Dictionary<ILogStore, CuttableProxy> proxies = [];
    private string database = "";

    public override async ValueTask InitializeAsync()
    {
        database = await (await postgres.GetServerAsync()).CreateDatabaseAsync("contract");
        await base.InitializeAsync();
    }

    /// <summary>Otherwise two threads would have to be woken for each write of a group that has one at a time.</summary>
    [Fact]
    public async Task Who_hears_that_it_has_written_has_its_turn_on_the_stores_thread_and_writes_again_from_there() =>
        (await TurnsOnTheStoresThread.CountWakesAsync(Store, Key, writes: 5)).ShouldBe(0, "no other thread is needed");

    protected override Task<ILogStore> CreateStoreAsync(TimeProvider time)
    {
        var proxy = new CuttableProxy(new NpgsqlConnectionStringBuilder(database).Port);
        var store = new PostgreSqlLogStore(
            new PostgreSqlStoreOptions
            {
                ConnectionStrings = [proxy.Redirect(database)],
                Leases = Times,
                StatementTimeout = Patience,
                StartTimeout = Patience,
            },
            time,
            NullLogger.Instance);
        proxies.Add(store, proxy);
        return Task.FromResult<ILogStore>(store);
    }

    protected override Task DamageLogAsync(ReplicaKey key) => ExecuteAsync(
        """
        UPDATE raft.log_block SET block = set_byte(block, length(block) - 1, get_byte(block, length(block) - 1) # 16)
        WHERE first_index = (SELECT max(first_index) FROM raft.log_block)
        """);

    protected override Task DamageSnapshotAsync(ReplicaKey key) =>
        ExecuteAsync("UPDATE raft.snapshot_chunk SET data = set_byte(data, 0, get_byte(data, 0) # 16)");

    protected override Task CutOffAsync(ILogStore store)
    {
        proxies[store].Cut();
        return Task.CompletedTask;
    }

    protected override Task ReconnectAsync(ILogStore store)
    {
        proxies[store].Heal();
        return Task.CompletedTask;
    }

    protected override async Task CleanUpAsync()
    {
        foreach (var proxy in proxies.Values)
        {
            await proxy.DisposeAsync();
        }
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this file.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
