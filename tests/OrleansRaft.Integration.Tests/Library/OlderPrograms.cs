using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization.Configuration;
using OrleansRaft.Integration.Tests.Grains;

namespace OrleansRaft.Integration.Tests.Library;

/// <summary>A silo and a client that differ in what they can serialize.</summary>
public sealed class OlderPrograms : IAsyncLifetime
{
    public RaftTestCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Cluster = await RaftTestCluster.StartAsync(
        silos: 1,
        groups: 1,
        replicas: 1,
        configure: (_, silo) =>
        {
            Forget(silo.Services, typeof(OfNewerClients));
            silo.Services.AddSingleton<ICommandCodec<object>, OlderProgramTests.OwnCodec>();
            silo.AddRaftStateMachine<object, object, OlderProgramTests.Echo>(OlderProgramTests.Set, groups: 1, replicas: 1);
        },
        client: client => Forget(client.Services, typeof(OfNewerSilos)));

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();

    private static void Forget(IServiceCollection services, Type type) => services.PostConfigure<TypeManifestOptions>(manifest =>
    {
        manifest.Serializers.RemoveWhere(one => one.Name == $"Codec_{type.Name}").ShouldBe(1);
        manifest.Copiers.RemoveWhere(one => one.Name == $"Copier_{type.Name}");
    });
}
