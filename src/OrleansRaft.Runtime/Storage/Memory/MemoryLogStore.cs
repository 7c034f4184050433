using System.Collections.Concurrent;
using OrleansRaft.Core;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.Levels;

namespace OrleansRaft.Runtime.Storage.Memory;

/// <summary>
/// A log store in memory: one silo's view of a <see cref="MemoryDisk"/>. For tests, and for silos whose data may go with the process.
/// </summary>
/// <remarks>Keeps every promise of <see cref="ILogStore"/> except durability, fencing and the right to speak included.</remarks>
internal sealed class MemoryLogStore : ILogStore
{
    private readonly MemoryDisk disk;
    private readonly TimeProvider time;
    private readonly LeaseTimes times;
    private readonly ConcurrentDictionary<long, MemoryReplicaLog> logs = new();
    private readonly CancellationTokenSource closing = new();
    private readonly long leaseId = ActivationNonce.New();
    private readonly SiloLease lease;
    private readonly AlarmBoard? alarms;
    private long takeOversKnown;
    private volatile TaskCompletionSource? reconnection;

    /// <summary>Opens a disk for one silo.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="time">The clock of leases.</param>
    /// <param name="times">The lengths of leases; null for the defaults.</param>
    /// <param name="alarms">Told while the disk does not answer; null to tell nobody.</param>
    public MemoryLogStore(MemoryDisk disk, TimeProvider time, LeaseTimes? times = null, AlarmBoard? alarms = null)
    {
        this.alarms = alarms;
        this.disk = disk;
        this.time = time;
        this.times = times ?? new LeaseTimes();
        Closing = closing.Token;
        lock (disk.Gate)
        {
            disk.TakeOvers[leaseId] = 0;
        }

        lease = new SiloLease(this.times, time, ExtendAsync, OnLeaseChanged, static _ => { });
    }

    /// <inheritdoc/>
    public string LocalId => disk.LocalId;

    /// <inheritdoc/>
    public string SharedId => disk.LocalId.Length == 0 ? disk.Id : "";

    internal SiloLease Lease => lease;

    /// <inheritdoc/>
    public Task<ClusterDefinition> InitializeAsync(ClusterDefinition wanted, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        lock (disk.Gate)
        {
            if (disk.Cluster is null)
            {
                disk.Cluster = wanted.LocalStores.IsEmpty && disk.LocalId.Length != 0 ? wanted with { LocalStores = [disk.LocalId] } : wanted;
                foreach (var (key, initial) in ClusterRow.FirstReplicas(disk.Cluster, disk.LocalId))
                {
                    disk.Replicas.Add(key, new MemoryReplica(initial));
                }
            }

            ClusterRow.RequireSame("the memory store", disk.Cluster, wanted);
            lease.Start();
            return Task.FromResult(disk.Cluster);
        }
    }

    /// <inheritdoc/>
    public Task<ClusterDefinition> AttachAsync(CancellationToken cancellation)
    {
        lock (disk.Gate)
        {
            lease.Start();
            return Task.FromResult(disk.Cluster ?? throw ClusterRow.NotThere("the memory store"));
        }
    }

    /// <inheritdoc/>
    public Task<ClusterDefinition> ReadClusterAsync(CancellationToken cancellation) => ChangeClusterAsync(static stored => stored, cancellation);

    /// <inheritdoc/>
    public async Task<ClusterDefinition> ChangeClusterAsync(Func<ClusterDefinition, ClusterDefinition> change, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(change);
        await WhenConnectedAsync(cancellation);
        lock (disk.Gate)
        {
            return disk.Cluster = change(disk.Cluster ?? throw ClusterRow.NotThere("the memory store"));
        }
    }

    /// <inheritdoc/>
    public async Task<IReplicaLog> OpenAsync(ReplicaKey key, IReplicaLogEvents events, CancellationToken cancellation)
    {
        await WhenConnectedAsync(cancellation);
        MemoryReplicaLog log;
        lock (disk.Gate)
        {
            if (!disk.Replicas.TryGetValue(key, out var replica))
            {
                throw new StoreRefusedException(
                    $"replica {key} has no data in the memory store: it was never created or was removed. "
                        + "Remove it as a member and add it anew to give it an empty log");
            }

            var nonce = ActivationNonce.New();
            var predecessor = replica.Speaker;
            var epoch = replica.Acquire(nonce);
            var snapshot = replica.Snapshot is { } newest ? MemoryReplicaLog.Open(this, key, newest) : SnapshotStream.Nothing;
            log = new MemoryReplicaLog(this, key, replica, nonce, epoch, replica.Recover(key), snapshot, events);
            logs[nonce] = log;
            if (predecessor is null)
            {
                replica.Claim(nonce, leaseId);
                log.OnClaimed(true);
            }
            else if (disk.TakeOvers.TryGetValue(replica.SpeakerLease, out var count))
            {
                disk.TakeOvers[replica.SpeakerLease] = count + 1;
            }
        }

        log.ClaimLater();
        return log;
    }

    /// <inheritdoc/>
    public Task<ClusterLevels?> ReadLevelsAsync(CancellationToken cancellation) => ChangeLevelsAsync(static _ => null, cancellation);

    /// <inheritdoc/>
    public async Task<ClusterLevels?> ChangeLevelsAsync(Func<ClusterLevels?, ClusterLevels?> change, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(change);
        await WhenConnectedAsync(cancellation);
        lock (disk.Gate)
        {
            return disk.Levels = change(disk.Levels) ?? disk.Levels;
        }
    }

    /// <inheritdoc/>
    public async Task CreateReplicaAsync(ReplicaKey key, Configuration initial, CancellationToken cancellation)
    {
        await WhenConnectedAsync(cancellation);
        lock (disk.Gate)
        {
            if (!disk.Replicas.TryGetValue(key, out var replica))
            {
                disk.Replicas.Add(key, new MemoryReplica(initial));
            }
            else if (replica.HasHistory)
            {
                throw new StoreRefusedException(
                    $"replica {key} exists in the memory store and has a history: add the new member under another number");
            }
            else
            {
                replica.Initial = initial;
            }
        }
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteReplicaAsync(ReplicaKey key, CancellationToken cancellation)
    {
        await WhenConnectedAsync(cancellation);
        lock (disk.Gate)
        {
            if (!disk.Replicas.Remove(key, out var replica))
            {
                return false;
            }

            replica.Acquire(ActivationNonce.New());
            if (disk.TakeOvers.TryGetValue(replica.SpeakerLease, out var count))
            {
                disk.TakeOvers[replica.SpeakerLease] = count + 1;
            }

            return true;
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ReplicaKey>> ListReplicasAsync(CancellationToken cancellation)
    {
        lock (disk.Gate)
        {
            return Task.FromResult<IReadOnlyList<ReplicaKey>>([.. disk.Replicas.Keys]);
        }
    }

    /// <inheritdoc/>
    public IStoredReplica Look(ReplicaKey key) => new MemoryStoredReplica(disk, key);

    /// <inheritdoc/>
    public Task CheckAsync(CancellationToken cancellation) =>
        IsConnected ? Task.CompletedTask : throw new StoreRefusedException("the memory store is disconnected: reconnect it");

    /// <summary>
    /// Whether the disk answers. While false, what is handed over waits and the lease runs out; for tests and demonstrations of failure.
    /// </summary>
    public bool IsConnected
    {
        get => reconnection is null;
        set
        {
            if (value)
            {
                Interlocked.Exchange(ref reconnection, null)?.TrySetResult();
            }
            else
            {
                Interlocked.CompareExchange(ref reconnection, new(TaskCreationOptions.RunContinuationsAsynchronously), null);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (closing.IsCancellationRequested)
        {
            return;
        }

        await closing.CancelAsync();
        closing.Dispose();
        foreach (var log in logs.Values)
        {
            await log.DisposeAsync();
        }

        await lease.DisposeAsync();
        Views.Dispose();
    }

    internal Task WhenConnectedAsync(CancellationToken cancellation) => reconnection?.Task.WaitAsync(cancellation) ?? Task.CompletedTask;

    internal CancellationToken Closing { get; }

    internal Lock DiskGate => disk.Gate;

    internal ViewWriter Views { get; } = new();

    internal Task WaitForPredecessorAsync(CancellationToken cancellation) => Task.Delay(times.Duration, time, cancellation);

    internal bool Claim(MemoryReplica replica, long nonce)
    {
        lock (disk.Gate)
        {
            return replica.Claim(nonce, leaseId);
        }
    }

    internal void Forget(long nonce) => logs.TryRemove(nonce, out _);

    private async Task<bool> ExtendAsync(CancellationToken cancellation)
    {
        await WhenConnectedAsync(cancellation);
        List<MemoryReplicaLog> lost = [];
        lock (disk.Gate)
        {
            if (disk.TakeOvers[leaseId] == takeOversKnown)
            {
                return true;
            }

            takeOversKnown = disk.TakeOvers[leaseId];
            lost.AddRange(logs.Values.Where(log => log.IsTakenOver));
        }

        foreach (var log in lost)
        {
            log.StopFenced();
        }

        return false;
    }

    private void OnLeaseChanged()
    {
        const string Subject = "the memory store";
        if (lease.IsValid)
        {
            alarms?.Clear(AlarmNames.StoreUnreachable, Subject);
        }
        else
        {
            alarms?.Report(
                AlarmNames.StoreUnreachable,
                Subject,
                $"The memory store has not answered for {times.Validity.TotalSeconds:0.#} s.",
                "Connect it again; its replicas then go on by themselves.");
        }

        foreach (var log in logs.Values)
        {
            log.OnLeaseChanged();
        }
    }
}
