using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

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
            silo.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(new WallClock()));
            Purse.AddTo(silo, MoneyGroups);
        });

        // A replica that shares a silo at first moves a moment later, and lives nowhere while it does.
        await Cluster.WaitUntilSpreadAsync();
    }

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();

    /// <summary>A silo's wall clock, which can be set wrong; time passes as it does.</summary>
    public sealed class WallClock : TimeProvider
    {
        private long offset;

        /// <summary>How far it is ahead.</summary>
        public TimeSpan Offset { get => new(Volatile.Read(ref offset)); set => Volatile.Write(ref offset, value.Ticks); }

        /// <inheritdoc/>
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset;
    }
}
