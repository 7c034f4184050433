namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>Three silos that the tests of a class share.</summary>
public sealed class ThreeSilos : IAsyncLifetime
{
    public RaftTestCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Cluster = await RaftTestCluster.StartAsync();

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}
