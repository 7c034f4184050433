using OrleansRaft.Testbed.PostgreSql;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.EndToEnd;

/// <summary>
/// Three real <c>oraft serve</c> processes on one PostgreSQL server of our own, shared by the tests that break and mend it one after the other. Most
/// tests that start other clusters of processes belong to this collection too, so that there are few at a time. Tests of other classes run beside
/// them.
/// </summary>
[CollectionDefinition(Name)]
public sealed class EndToEndCluster : IAsyncDisposable, ICollectionFixture<EndToEndCluster>
{
    public const string Name = "end to end";

    private PostgresServer? postgres;
    private SiloCluster? silos;

    public PostgresServer Postgres => postgres!;

    public SiloCluster Silos => silos!;

    /// <summary>The connection string of the cluster's database.</summary>
    public string Database { get; private set; } = "";

    /// <summary>Starts the server, for the first test that asks; without PostgreSQL's programs the asking test is skipped.</summary>
    public async Task StartPostgresAsync() => postgres ??= await PostgresFixture.StartOwnServerAsync();

    /// <summary>Starts the cluster, for the first test that asks, and waits until it is whole.</summary>
    public async Task StartAsync()
    {
        await StartPostgresAsync();
        if (silos is null)
        {
            Database = await Postgres.CreateDatabaseAsync();
            silos = new SiloCluster([Database]);
            await silos.StartAsync();
        }

        // A test that failed may have left one stopped, which the next must not pay for.
        foreach (var silo in silos.Silos.Where(static silo => silo.Process.HasExited))
        {
            silo.DrainSeconds = 0;
            silo.Start();
        }

        await silos.WaitUntilReadyAsync();
        await silos.WaitUntilSpreadAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (silos is not null)
        {
            await silos.DisposeAsync();
        }

        if (postgres is not null)
        {
            await postgres.DisposeAsync();
        }
    }
}
