using Npgsql;
using OrleansRaft.PostgreSql;
using OrleansRaft.Storage.TestKit;
using OrleansRaft.Testbed.PostgreSql;

namespace OrleansRaft.Integration.Tests.Stores;

/// <summary>
/// A real pooler between silos and their server: a session that was asked, set up or prepared is not the one that the next statement runs in.
/// </summary>
public sealed class PostgreSqlPoolerTests(PostgresFixture postgres) : PostgreSqlTestBase
{
    [Fact]
    public async Task Logs_are_kept_through_a_pooler_in_transaction_mode()
    {
        var (pooler, database) = await StartPoolerAsync("synchronous_commit = off");
        var store = await StartStoreAsync(pooler.Redirect(database));
        var other = await StartStoreAsync(pooler.Redirect(database));
        var replicas = new List<OpenReplica>();
        for (var number = 1; number <= 3; number++)
        {
            replicas.Add(await OpenReplica.OpenAsync(number == 2 ? other : store, Key with { Replica = new ReplicaId(number) }));
        }

        await Task.WhenAll(replicas.Select(static async replica =>
        {
            for (var i = 0; i < 20; i++)
            {
                await replica.AppendAsync(1, $"{i}");
            }
        }));
        await replicas[0].SaveSnapshotAsync(1, 10, new byte[300_000]);
        await replicas[0].WriteAsync(compactThrough: new EntryId(new Term(1), new LogIndex(5)));
        await replicas[1].WriteAsync(OpenReplica.Block(new EntryId(new Term(1), new LogIndex(3)), 2, "replaces the rest"));

        await PostgreSqlSchema.RequireFoundAsync(PostgreSqlSchema.ForOrleans(pooler.Redirect(database)), Cancellation);
        (await OpenReplica.OpenAsync(store, Key)).Bodies.Length.ShouldBe(15);
        (await OpenReplica.OpenAsync(store, Key with { Replica = new ReplicaId(2) })).Bodies.ShouldBe(["0", "1", "2", "replaces the rest"]);
        (await OpenReplica.OpenAsync(other, Key with { Replica = new ReplicaId(3) })).Bodies.Length.ShouldBe(20);
    }

    [Theory]
    [InlineData("default_transaction_read_only = on", "default_transaction_read_only")]
    [InlineData("default_transaction_isolation = 'repeatable read'", "default_transaction_isolation")]
    [InlineData("statement_timeout = '10s'", "statement_timeout")]
    [InlineData("search_path = public, pg_catalog", "search_path")]
    public async Task What_a_silo_cannot_set_through_a_pooler_is_refused_by_name(string setting, string name)
    {
        var (pooler, database) = await StartPoolerAsync(setting);

        var refused = await RefusedAsync(() => StartStoreAsync(pooler.Redirect(database)));

        refused.Message.ShouldContain(name);
        refused.Message.ShouldContain("pooler");
    }

    private async Task<(PgBouncer Pooler, string Database)> StartPoolerAsync(string setting)
    {
        var server = await postgres.GetServerAsync();
        var database = await server.CreateDatabaseAsync("pooled");
        await ExecuteAsync(database, $"ALTER ROLE postgres IN DATABASE {new NpgsqlConnectionStringBuilder(database).Database} SET {setting}");
        return (Own(await PostgresFixture.OrSkipAsync(() => PgBouncer.StartAsync(server.Port))), database);
    }
}
