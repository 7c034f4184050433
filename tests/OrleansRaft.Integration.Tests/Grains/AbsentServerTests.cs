using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansRaft.Core;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Levels;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Runtime.Storage.Memory;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>One of three database servers is away: replicas on the others come to life all the same.</summary>
public sealed class AbsentServerTests
{
    // More than are brought to life at one time.
    private const int Groups = 80;

    [Fact]
    public async Task Replicas_on_other_servers_do_not_wait_behind_those_of_a_server_that_is_away()
    {
        var disk = new MemoryDisk();

        // Waits until every group has a leader, which takes replicas 2 and 3 of each. Nobody is given up meanwhile: the time for that never comes.
        await using var cluster = await RaftTestCluster.StartAsync(silos: 1, groups: Groups, configure: (_, silo) =>
        {
            silo.Services.Configure<StoreTopology>(topology => topology.Servers = 3);
            silo.Services.Replace(ServiceDescriptor.Singleton<ILogStore>(new StoreWithoutFirstServer(new MemoryLogStore(disk, TimeProvider.System))));
            silo.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(new TimeThatGivesNobodyUp()));
        });

        var groups = (await cluster.Admin.ListGroupsAsync(null, Groups, TestContext.Current.CancellationToken)).Groups;
        groups.Count.ShouldBe(Groups);
        groups.ShouldAllBe(group => group.Replicas.Single(replica => replica.Replica == new ReplicaId(1)).Snapshot == null);
    }

    /// <summary>Of a silo whose first server never answers.</summary>
    private sealed class StoreWithoutFirstServer(MemoryLogStore inner) : ILogStore
    {
        private readonly CancellationTokenSource closing = new();

        public string LocalId => inner.LocalId;

        public Task<ClusterLevels?> ReadLevelsAsync(CancellationToken cancellation) => inner.ReadLevelsAsync(cancellation);

        public Task<ClusterLevels?> ChangeLevelsAsync(Func<ClusterLevels?, ClusterLevels?> change, CancellationToken cancellation) =>
            inner.ChangeLevelsAsync(change, cancellation);

        public Task<ClusterDefinition> InitializeAsync(ClusterDefinition wanted, CancellationToken cancellation) =>
            inner.InitializeAsync(wanted, cancellation);

        public Task<ClusterDefinition> AttachAsync(CancellationToken cancellation) => inner.AttachAsync(cancellation);

        public Task<ClusterDefinition> ReadClusterAsync(CancellationToken cancellation) => inner.ReadClusterAsync(cancellation);

        public Task<ClusterDefinition> ChangeClusterAsync(Func<ClusterDefinition, ClusterDefinition> change, CancellationToken cancellation) =>
            inner.ChangeClusterAsync(change, cancellation);

        public async Task<IReplicaLog> OpenAsync(ReplicaKey key, IReplicaLogEvents events, CancellationToken cancellation)
        {
            if (key.Replica == new ReplicaId(1))
            {
                await Task.Delay(Timeout.Infinite, closing.Token);
            }

            return await inner.OpenAsync(key, events, cancellation);
        }

        public Task CreateReplicaAsync(ReplicaKey key, Configuration initial, CancellationToken cancellation) =>
            inner.CreateReplicaAsync(key, initial, cancellation);

        public Task<IReadOnlyList<ReplicaKey>> ListReplicasAsync(CancellationToken cancellation) => inner.ListReplicasAsync(cancellation);

        public IStoredReplica Look(ReplicaKey key) => inner.Look(key);

        public Task CheckAsync(CancellationToken cancellation) => inner.CheckAsync(cancellation);

        public async ValueTask DisposeAsync()
        {
            await closing.CancelAsync();
            closing.Dispose();
            await inner.DisposeAsync();
        }
    }

    /// <summary>The machine's clock, but the ten seconds after which an activation is given up never end.</summary>
    private sealed class TimeThatGivesNobodyUp : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime == TimeSpan.FromSeconds(10) ? Timeout.InfiniteTimeSpan : dueTime, period);
    }
}
