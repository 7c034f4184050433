using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Integration.Tests.Grains;

namespace OrleansRaft.Integration.Tests.Library;

/// <summary>One silo with two sets of groups, used from inside and from outside.</summary>
public sealed class OneSilo : IAsyncLifetime
{
    public const string Parcels = "parcels";

    public ParcelOffice Office { get; } = new();

    public RaftTestCluster Cluster { get; private set; } = null!;

    /// <summary>The factory of a client, which makes calls; or of the silo itself, which makes none.</summary>
    public IGrainFactory Factory(bool isInside) => isInside ? Cluster.Silos[0].ServiceProvider.GetRequiredService<IGrainFactory>() : Cluster.Client;

    public async ValueTask InitializeAsync() => Cluster = await RaftTestCluster.StartAsync(
        silos: 1,
        groups: 2,
        replicas: 1,
        raft => raft.SubmitTimeout = TimeSpan.FromSeconds(3),
        configure: (_, silo) =>
        {
            silo.Services.AddSingleton(Office);
            silo.AddRaftStateMachine<Parcel, long, ParcelCounter>(Parcels, groups: 1, replicas: 1);
        });

    public async ValueTask DisposeAsync()
    {
        Office.Gate.Set();
        await Cluster.DisposeAsync();
        Office.Dispose();
    }
}
