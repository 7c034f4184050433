using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Grains.Replicas;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>Three silos that tests share.</summary>
[CollectionDefinition(nameof(ThreeSilos))]
public sealed class ThreeSilos : IAsyncLifetime, ICollectionFixture<ThreeSilos>
{
    public const int MoneyGroups = 2;

    public RaftTestCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Cluster = await RaftTestCluster.StartAsync(configure: static (_, silo) =>
        {
            silo.Services.AddSingleton<WallClock>();
            silo.Services.AddSingleton(static services =>
                ActivatorUtilities.CreateInstance<ReplicaDrivers>(services, services.GetRequiredService<WallClock>()));
            Purse.AddTo(silo, MoneyGroups);
        });

        // A replica that shares a silo at first moves a moment later, and lives nowhere while it does.
        await Cluster.WaitUntilSpreadAsync();
    }

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}
