using OrleansRaft.Testbed.PostgreSql;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.EndToEnd;

/// <summary>
/// Three real <c>oraft serve</c> processes on one PostgreSQL server of our own, shared by the tests that break and mend it one after the other. Nothing runs
/// beside them: they measure a cluster, not a crowded machine.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class EndToEndCluster : IAsyncLifetime, ICollectionFixture<EndToEndCluster>
{
    public const string Name = "end to end";

    private PostgresServer? postgres;
    private SiloCluster? silos;

    public PostgresServer Postgres => postgres!;

    public SiloCluster Silos => silos!;

    public async ValueTask InitializeAsync()
    {
        postgres = await PostgresServer.StartNewAsync();
        silos = new SiloCluster([await postgres.CreateDatabaseAsync()]);
        await silos.StartAsync();
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
