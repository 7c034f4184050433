namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>Three silos that the tests of a class share.</summary>
public sealed class ThreeSilos : IAsyncLifetime
{
    public RaftTestCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Cluster = await RaftTestCluster.StartAsync();

        // A replica that shares a silo at first moves a moment later, and lives nowhere while it does.
        await Cluster.WaitUntilSpreadAsync();
    }

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}
