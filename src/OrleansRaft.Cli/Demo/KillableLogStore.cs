using System.Collections.Concurrent;
using OrleansRaft.Core;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Levels;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Cli.Demo;

/// <summary>
/// A silo's store that can die as a process does: from one moment on nothing is written, nobody is told anything more, and no right to speak is given
/// back. What was durable before stays in the file.
/// </summary>
/// <param name="store">The real store.</param>
internal sealed class KillableLogStore(ILogStore store) : ILogStore
{
    private readonly ConcurrentBag<KillableReplicaLog> logs = [];
    private volatile bool isDead;

    /// <inheritdoc/>
    public string LocalId => store.LocalId;

    /// <summary>Dies. The drivers are told that their logs failed, so that they stop.</summary>
    public void Kill()
    {
        isDead = true;
        foreach (var log in logs)
        {
            log.Kill();
        }
    }

    /// <inheritdoc/>
    public Task<ClusterLevels?> ReadLevelsAsync(CancellationToken cancellation) => store.ReadLevelsAsync(cancellation);

    /// <inheritdoc/>
    public Task<ClusterLevels?> ChangeLevelsAsync(Func<ClusterLevels?, ClusterLevels?> change, CancellationToken cancellation) =>
        store.ChangeLevelsAsync(change, cancellation);

    /// <inheritdoc/>
    public Task<ClusterDefinition> InitializeAsync(ClusterDefinition wanted, CancellationToken cancellation) =>
        store.InitializeAsync(wanted, cancellation);

    /// <inheritdoc/>
    public Task<ClusterDefinition> AttachAsync(CancellationToken cancellation) => store.AttachAsync(cancellation);

    /// <inheritdoc/>
    public Task<ClusterDefinition> ReadClusterAsync(CancellationToken cancellation) => store.ReadClusterAsync(cancellation);

    /// <inheritdoc/>
    public Task<ClusterDefinition> ChangeClusterAsync(Func<ClusterDefinition, ClusterDefinition> change, CancellationToken cancellation)
    {
        ThrowIfDead();
        return store.ChangeClusterAsync(change, cancellation);
    }

    /// <inheritdoc/>
    public async Task<IReplicaLog> OpenAsync(ReplicaKey key, IReplicaLogEvents events, CancellationToken cancellation)
    {
        ThrowIfDead();
        var gate = new ReplicaLogEventGate(events);
        var log = new KillableReplicaLog(() => isDead, await store.OpenAsync(key, gate, cancellation), gate);
        logs.Add(log);
        if (isDead)
        {
            log.Kill();
        }

        return log;
    }

    /// <inheritdoc/>
    public Task CreateReplicaAsync(ReplicaKey key, Configuration initial, CancellationToken cancellation)
    {
        ThrowIfDead();
        return store.CreateReplicaAsync(key, initial, cancellation);
    }

    /// <inheritdoc/>
    public void BeginPulse() => store.BeginPulse();

    /// <inheritdoc/>
    public void EndPulse() => store.EndPulse();
    public Task<IReadOnlyList<ReplicaKey>> ListReplicasAsync(CancellationToken cancellation) => store.ListReplicasAsync(cancellation);

    /// <inheritdoc/>
    public IStoredReplica Look(ReplicaKey key) => store.Look(key);

    /// <inheritdoc/>
    public Task<bool> DeleteReplicaAsync(ReplicaKey key, CancellationToken cancellation)
    {
        ThrowIfDead();
        return store.DeleteReplicaAsync(key, cancellation);
    }

    /// <inheritdoc/>
    public Task CheckAsync(CancellationToken cancellation)
    {
        ThrowIfDead();
        return store.CheckAsync(cancellation);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => store.DisposeAsync();

    private void ThrowIfDead()
    {
        if (isDead)
        {
            throw new StoreRefusedException("The demo killed this silo; it comes back on h.");
        }
    }
}
